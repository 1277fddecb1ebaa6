// What coordinators and members say to each other (docs/markers.md). Plain values;
// replication/wire.h turns them into frames. Each request names group and member once, in
// coordinator_hello, at the start of the connection.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/number.h"
#include "base/uuid.h"
#include "replication/record.h"
#include "replication/status.h"

namespace cairn {

inline constexpr std::uint32_t control_version = 2;

// Coordinator → gateway, first on every connection, which then belongs to that group and member.
struct coordinator_hello {
  std::uint32_t version = control_version;
  std::string group;
  std::string member;
  std::string coordinator;  // its name, for logs
  friend bool operator==(const coordinator_hello&, const coordinator_hello&) = default;
};

// Gateway → coordinator: welcome, with what a primary coordinator must start above.
struct member_hello {
  std::uint32_t version = control_version;
  incarnation current;
  epoch marker_epoch;
  marker_number marker_last;
  epoch selection_epoch;
  member_role role = member_role::secondary;
  friend bool operator==(const member_hello&, const member_hello&) = default;
};

// A refusal of one request (`about`) or of the connection; carries what the asker should know.
struct control_refusal {
  std::string about;   // "MARK", "RELEASE", "REPORT", "APPLY", "PROMOTE", "HELLO"
  std::string reason;  // a sentence
  marker_id marker;    // the request's
  epoch highest_epoch;
  marker_number highest_marker;
  friend bool operator==(const control_refusal&, const control_refusal&) = default;
};

struct mark {
  marker_id marker;
  std::vector<std::string> members;
  std::uint32_t hold_limit_ms = 50;
  friend bool operator==(const mark&, const mark&) = default;
};
struct inserted {
  marker_id marker;
  incarnation by;
  friend bool operator==(const inserted&, const inserted&) = default;
};
struct release {
  marker_id marker;
  incarnation counted;  // the incarnation whose INSERTED was counted
  friend bool operator==(const release&, const release&) = default;
};
struct abandon {
  marker_id marker;
  friend bool operator==(const abandon&, const abandon&) = default;
};
// Member → coordinator, once the outcome is known: seal durable, or void.
struct outcome {
  marker_id marker;
  bool sealed = false;
  std::uint64_t held_us = 0;  // how long acknowledgements were withheld
  std::string reason;         // of a void
  friend bool operator==(const outcome&, const outcome&) = default;
};

struct report {
  epoch selection_epoch;
  // The first of a start: refused unless the epoch is above every one that was answered, so that no
  // two coordinators ever share one.
  bool claim = false;
  friend bool operator==(const report&, const report&) = default;
};
struct stored_marker {
  marker_id marker;
  std::uint64_t members_hash = 0;
  std::uint64_t group_hash = 0;
  sequence at;
  friend bool operator==(const stored_marker&, const stored_marker&) = default;
};
struct reported {
  epoch selection_epoch;
  marker_id target;  // persisted
  marker_id applied;
  std::optional<promotion> promoted;
  // Sealed and stored durably with every record before them; from the target up, including it.
  std::vector<stored_marker> markers;
  sequence stored;
  friend bool operator==(const reported&, const reported&) = default;
};
struct apply {
  epoch selection_epoch;
  marker_id marker;
  friend bool operator==(const apply&, const apply&) = default;
};
struct applied {
  epoch selection_epoch;
  marker_id marker;
  friend bool operator==(const applied&, const applied&) = default;
};
struct promote {
  epoch selection_epoch;
  marker_id marker;
  uuid opened;  // the new lineage, the same for all members
  friend bool operator==(const promote&, const promote&) = default;
};
struct promoted {
  epoch selection_epoch;
  marker_id marker;
  std::uint64_t set_aside_records = 0;  // beyond the marker
  std::uint64_t set_aside_bytes = 0;
  friend bool operator==(const promoted&, const promoted&) = default;
};

struct status_request {
  friend bool operator==(const status_request&, const status_request&) = default;
};

using control_message = std::variant<coordinator_hello, member_hello, control_refusal, mark,
                                     inserted, release, abandon, outcome, report, reported, apply,
                                     applied, promote, promoted, status_request, member_status>;

}  // namespace cairn

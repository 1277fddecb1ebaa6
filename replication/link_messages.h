// What the two ends of a link say to each other (docs/wire.md). Plain values; replication/wire.h
// turns them into frames.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_range.h"
#include "base/digest.h"
#include "base/number.h"
#include "base/raw_bytes.h"
#include "base/uuid.h"
#include "replication/lineage.h"
#include "replication/record.h"

namespace cairn {

inline constexpr std::uint32_t link_version = 2;

struct volume_offer {
  std::uint32_t index = 0;
  uuid id;
  std::string name;
  std::uint64_t size_bytes = 0;
  std::uint64_t naa = 0;
  std::string serial;
  bool born_empty = false;       // made together with the journal, nothing in it before record 1
  std::string target{};          // iSCSI name; empty: not told
  std::uint32_t block_size = 0;  // bytes; 0: not told
  std::string chap_user{};       // empty: none, or not told
  friend bool operator==(const volume_offer&, const volume_offer&) = default;
};

// Sender → receiver, first on every connection.
struct hello {
  std::uint32_t version_min = link_version;
  std::uint32_t version_max = link_version;
  std::string group;
  std::string member;
  uuid journal;
  std::vector<volume_offer> volumes;
  lineage_history lineages;
  std::vector<incarnation_start> starts;  // all of them, oldest first; the last is the current one
  sequence oldest_held;                   // trimmed + 1
  std::uint64_t features = 0;             // replication/features.h
  uuid resync;                            // the open one; nil: none
  friend bool operator==(const hello&, const hello&) = default;
};

struct good_marker {
  marker_id marker;
  uuid lineage;  // of the group, in which it was made
  sequence at;
  friend bool operator==(const good_marker&, const good_marker&) = default;
};

// Receiver → sender. Who it is, and what it has after any truncation that the HELLO asked for.
struct hello_answer {
  std::uint32_t version = link_version;
  incarnation last_made_in;  // of its last record; 0: it has none
  sequence last;
  sequence stored;
  uuid journal{};
  uuid start{};  // of its journal
  marker_id applied{};
  sequence applied_sequence{};
  std::optional<good_marker> good{};  // that it could be promoted at
  std::uint64_t features = 0;
  uuid resync{};                      // the open one, as it knows it; nil: none
  std::optional<digest> last_seen{};  // of the record at `last`
  friend bool operator==(const hello_answer&, const hello_answer&) = default;
};

enum class refusal_code : std::uint32_t {
  version = 1,
  wrong_group_or_member = 2,
  wrong_volumes = 3,  // other ids or sizes, or volumes that were not born empty
  old_lineage = 4,    // the receiver's side has taken over: the sender is fenced
  unknown_lineage = 5,
  old_incarnation = 6,
  needs_copy = 7,  // the sender no longer holds what the receiver lacks
  protocol = 8,
  busy = 9,      // another connection of the same incarnation is alive
  blocked = 10,  // the receiver can store nothing now: no space, a failed journal
};

// Either way; the connection ends behind it.
struct refusal {
  refusal_code code = refusal_code::protocol;
  std::string reason;        // a sentence for people
  lineage_history lineages;  // with old_lineage: the refuser's
  friend bool operator==(const refusal&, const refusal&) = default;
};

// [first, last] consecutive sequences. `records` holds those that are not in `gaps`, packed, each
// as stored_bytes() with a plain header checksum (salt 0). A void-range travels alone: `records`
// holds its one record, which stands for first to last.
struct stretch {
  incarnation sender;  // current incarnation of the sender; the receiver refuses any other
  sequence first;
  sequence last;
  std::vector<std::pair<sequence, sequence>> gaps;  // inclusive ranges without bytes in `records`
  raw_bytes records;
  bool void_range = false;
  friend bool operator==(const stretch&, const stretch&) = default;
};
inline constexpr std::size_t stretch_bytes_max = (1U << 20) + 4096;
inline constexpr std::size_t stretch_records_max = 4096;  // last - first + 1, but of a void-range

// Receiver → sender, after progress and as a heartbeat.
struct link_progress {
  sequence received;
  sequence stored;
  marker_id applied;
  sequence applied_sequence;
  friend bool operator==(const link_progress&, const link_progress&) = default;
};

// Sender → receiver, at least each second.
struct link_heartbeat {
  sequence finished;
  sequence durable;
  friend bool operator==(const link_heartbeat&, const link_heartbeat&) = default;
};

// Receiver → sender: the data of this record does not match its checksum.
struct link_damage {
  sequence at;
  std::string what;
  friend bool operator==(const link_damage&, const link_damage&) = default;
};

using link_message =
    std::variant<hello, hello_answer, refusal, stretch, link_progress, link_heartbeat, link_damage>;

}  // namespace cairn

// What a member keeps durably beside its records; always saved whole.
#pragma once
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/number.h"
#include "base/uuid.h"
#include "replication/lineage.h"
#include "replication/record.h"

namespace cairn {

enum class member_role { primary, secondary, promoting, demoting, fenced };
const char* name_of(member_role role);
std::optional<member_role> role_named(const std::string& name);

// Where a takeover put this member.
struct promotion {
  marker_id at;
  sequence at_sequence;  // of the marker record
  uuid opened;           // the lineage that it opened
  friend bool operator==(const promotion&, const promotion&) = default;
};

// The marker that a secondary could be promoted at.
struct good_state {
  marker_id at;
  uuid lineage;          // of the group, in which the marker was made
  sequence at_sequence;  // of the marker record
  friend bool operator==(const good_state&, const good_state&) = default;
};

// What a member knows of its peer. All zero: it has met none, or the peer told nothing of it.
struct known_peer {
  uuid journal;
  uuid start;                  // of the peer's journal, when it was met last
  std::uint64_t features = 0;  // replication/features.h
  marker_id applied;
  sequence applied_sequence;
  sequence named_from;      // every change behind it is in the map or in a record
  digest trimmed{};         // of the last record that was trimmed here
  bool promotable = false;  // it may be promoted in this lineage without our knowing
  friend bool operator==(const known_peer&, const known_peer&) = default;
};

struct member_state {
  member_role role = member_role::secondary;
  epoch marker_epoch;         // highest epoch of a primary coordinator that was obeyed
  marker_number marker_last;  // highest N that was accepted
  epoch selection_epoch;      // highest epoch of a secondary coordinator that was answered
  marker_id target;           // newest marker that APPLY named; none: nothing applied yet
  sequence target_sequence;   // its marker record
  std::optional<promotion> promoted;
  lineage_history lineages;
  std::string fenced_because;  // the sentence, when role is fenced
  std::optional<good_state> good;
  uuid in_place;    // the resync that is being applied to the volumes; nil: none
  uuid boot;        // of the machine, when this member last served; nil: it has not
  uuid switchover;  // that this member is in; nil: none
  known_peer peer;
  friend bool operator==(const member_state&, const member_state&) = default;
};

}  // namespace cairn

// What a member keeps durably beside its records; one row of the catalog, always saved whole.
#pragma once
#include <optional>
#include <string>

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
  friend bool operator==(const member_state&, const member_state&) = default;
};

}  // namespace cairn

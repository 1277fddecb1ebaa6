#include "replication/member_state.h"

namespace cairn {

const char* name_of(member_role role) {
  switch (role) {
    case member_role::primary:
      return "primary";
    case member_role::secondary:
      return "secondary";
    case member_role::promoting:
      return "promoting";
    case member_role::demoting:
      return "demoting";
    case member_role::fenced:
      return "fenced";
  }
  return "unknown";
}

std::optional<member_role> role_named(const std::string& name) {
  for (const auto role : {member_role::primary, member_role::secondary, member_role::promoting,
                          member_role::demoting, member_role::fenced})
    if (name == name_of(role)) return role;
  return std::nullopt;
}

}  // namespace cairn

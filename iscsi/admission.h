// Who logs in, where to, and whether that initiator may: what the first request of a login says.
#pragma once
#include "iscsi/login.h"

namespace cairn::iscsi {

struct admission {
  std::string initiator;
  bool discovery = false;
  const target_rules* target = nullptr;  // null of a discovery session
};

// InitiatorName, TargetName, InitiatorAlias, SessionType: they may be said again, if they are the
// same (libiscsi says them in each stage).
bool is_naming_key(std::string_view key);
// TargetAlias, TargetAddress, TargetPortalGroupTag: only a target sends them.
bool is_target_key(std::string_view key);

unless_refused<admission> admit(const text_list& keys, const login_rules& rules);
// The target exists for this initiator.
bool lets_in(const target_rules& target, const std::string& initiator);

}  // namespace cairn::iscsi

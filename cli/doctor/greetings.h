// Whether what listens at an address speaks Cairn: a hello that changes nothing there. Each takes a
// few seconds at most, in the calling thread, and leaves a line in the log of whoever answers.
#pragma once
#include "config/config.h"
#include "replication/control_messages.h"

namespace cairn::doctor {

struct member_answer {
  member_role role = member_role::secondary;  // as it is now, whatever the configuration says
  member_status status;
};

// As a coordinator asks a gateway. EPROTO: something else listens there; a refusal is EPERM.
result<member_answer> ask_control(const endpoint& at, const std::string& group,
                                  const std::string& member);

// As a primary greets a secondary's gateway, for a member that nobody can have: a refusal is the
// right answer, so that no link is disturbed.
result<void> greet_link(const endpoint& at);

// 0.0.0.0 and :: as an address to connect to.
endpoint reachable(endpoint at);

}  // namespace cairn::doctor

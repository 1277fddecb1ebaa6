// What a gateway that runs says of its members, and whether their peers are there.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

findings judge_member(const member_status& s);

// `greeted`: how the peer answered; only asked where the link is not connected.
finding judge_peer(const member_config& m, const member_answer* answer,
                   const std::optional<result<void>>& greeted);

findings check_members(const examination& seen);
findings check_peers(const examination& seen);

}  // namespace cairn::doctor

// How a gateway stands, in the sentence that `systemctl status` shows. Pure.
#pragma once
#include <string>
#include <vector>

#include "replication/status.h"

namespace cairn {

// What is wrong comes first, named by member; then how many there are.
//   "2 members, 3 volumes, 2 links connected"
//   "m1: link connecting: connection refused; 2 members, 3 volumes"
// `linked`: of each member, whether it is to have a link; false for a primary without a peer.
std::string service_sentence(const std::vector<member_status>& members,
                             const std::vector<bool>& linked);

}  // namespace cairn

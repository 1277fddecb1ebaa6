// The portals that SendTargets tells where the configuration names none.
#pragma once
#include <vector>

#include "config/config.h"

namespace cairn::iscsi {

// All of `listening`, with the ports that they really have, so that an initiator knows each path.
// One on any address ("0.0.0.0", "::") is told with the address that was asked at. Loopback is told
// to nobody who asked elsewhere: there, an initiator would look for the target in itself.
std::vector<endpoint> told_portals(const std::vector<endpoint>& listening,
                                   const endpoint& asked_at);

}  // namespace cairn::iscsi

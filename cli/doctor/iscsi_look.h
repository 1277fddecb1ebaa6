// Volumes as a host sees them over iSCSI, by libiscsi. Reads only; a few seconds a step at most.
#pragma once
#include "cli/doctor/nbd_look.h"

namespace cairn::doctor {

// The targets that discovery tells. EOPNOTSUPP: not tried, the text says why.
result<std::vector<std::string>> discover(const iscsi_config& config, const endpoint& portal,
                                          const std::string& initiator);

// Logs in with the secrets of the configuration, as one of the initiators that may; asks for the
// capacity of LUN 0 and reads its first and last block. EOPNOTSUPP as above.
result<volume_seen> look_over_iscsi(const iscsi_config& config, const endpoint& portal,
                                    const iscsi_volume_config& volume);

// The name under which to ask: one that is let in.
std::string initiator_for(const iscsi_volume_config& volume);

}  // namespace cairn::doctor

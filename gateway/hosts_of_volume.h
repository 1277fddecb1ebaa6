// What a volume is for hosts: where they reach it, and who is logged in.
//
// Pure: from the configuration and a list of sessions to the fields of the status.
#pragma once
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/front_end.h"
#include "replication/status.h"

namespace cairn {

// NBD over the socket, NBD over TCP, then iSCSI at each portal; what is not configured is left out.
std::vector<std::string> export_uris(const gateway_config& config, const volume_config& volume);

// `sessions` are those of the whole gateway. Never a secret, only that there is one.
void add_hosts_of(const gateway_config& config, const volume_config& volume,
                  const std::vector<volume_session>& sessions, volume_status& to);

}  // namespace cairn

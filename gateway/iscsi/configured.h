// What the configuration says of iSCSI, as the target server takes it.
#pragma once
#include "gateway/iscsi/target_server.h"

namespace cairn::iscsi {

// `all` are the exports of the gateway with this configuration, in its order; it has [iscsi].
server_options configured(const gateway_config& config, const std::vector<exported_volume>& all);

}  // namespace cairn::iscsi

// Whether a Host header names this server. A page of another site that has its own name resolve to
// our address (DNS rebinding) still sends that name, so names that are not ours are refused; IP
// addresses can't be rebound.
#pragma once
#include <string_view>

namespace cairn {

// `header`: "localhost:7380", "[::1]:7380", "10.0.0.1"; `configured`: a host without a port.
bool host_is_ours(std::string_view header, std::string_view configured);

}  // namespace cairn

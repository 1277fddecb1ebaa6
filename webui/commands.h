// The requests that change something: their bodies, checked, and what they start.
#pragma once
#include <string>

#include "coordinator/view.h"
#include "net/http.h"

namespace cairn {

// Each answers 202 with the operation, or a problem. Bodies are JSON objects; docs/api.md.
http_response post_marker(coordinator_api& api, const std::string& body);
http_response post_takeover(coordinator_api& api, const std::string& body);

}  // namespace cairn

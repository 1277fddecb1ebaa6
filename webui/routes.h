// What each request gets: method and path to answer, and the checks that come before.
//
// One thread, no I/O of its own. A request is refused before anything is looked at if its Host is
// not one of ours (DNS rebinding), if it wants to change something through the read-only door, or
// if a browser sent it from another site. NOT here: the connection, and what commands do.
#pragma once
#include <string>

#include "coordinator/view.h"
#include "net/http.h"
#include "webui/lag_history.h"
#include "webui/session.h"

namespace cairn {

class http_routes {
 public:
  // `host`: the configured one, accepted beside loopback names and IP addresses.
  http_routes(coordinator_api& api, const lag_history& history, std::string host);
  http_response answer(const http_request& request, http_access access) const;

 private:
  http_response route(const http_request& request, http_access access) const;
  http_response get(const http_request& request) const;
  http_response get_api(const std::string& path, const std::string& query) const;
  http_response post(const http_request& request) const;
  http_response health() const;

  coordinator_api& api_;
  const lag_history& history_;
  std::string host_;
};

}  // namespace cairn

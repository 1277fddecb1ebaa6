// The coordinator's HTTP server: page and API on TCP (looking only) and on a Unix socket of mode
// 0600 (looking and commanding).
//
// Owned by main, which also owns the coordinator; start and stop are called from its thread.
// Everything else happens on one thread of the server, which is enough because no call of
// coordinator_api waits. A client that is idle, slow or gone delays nobody, nor stop().
#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "coordinator/view.h"

namespace cairn {

class http_server {
 public:
  // Nothing is listened on where `tcp.port` is 0 or `unix_socket` is empty.
  http_server(coordinator_api& api, endpoint tcp, std::string unix_socket);
  ~http_server();  // stops

  // Binds both; an error names the address and the reason (EADDRINUSE, EACCES …).
  result<void> start();
  // Ends all connections; idempotent. Comes before the coordinator's own stop(): `api` is called
  // until it returns, not after.
  void stop();

 private:
  class inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace cairn

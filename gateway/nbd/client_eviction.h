// Cuts the clients' connections when the process is told to stop.
//
// nbdkit 1.32 meets SIGTERM by answering every request with ESHUTDOWN until its client has gone: an
// I/O error for a host that would have connected again, and a gateway that a host which stays keeps
// alive for ever. So the signal is heard here, in nbdkit's place: whoever connects from then on is
// turned away (`stopping()`, asked in preconnect), all connections are cut in both directions, and
// only then nbdkit is told. Nothing gets out between: a request is answered as it was done or not
// at all, and a host that reconnects repeats what was not answered.
//
// A client that nbdkit accepted before the signal has a descriptor by then, so one pass is enough.
//
// nbdkit tells no plugin the descriptors of its clients: they are found among those of the process
// by the local address, which is that of the NBD listeners.
//
// One for the process, since signal handlers are. Made after nbdkit set up its own handlers
// (after_fork), which are put back when it is destroyed (cleanup).
#pragma once
#include <functional>
#include <memory>

#include "config/config.h"

namespace cairn {

class client_eviction {
 public:
  // When the process is told to stop, `told` is called, then the connections are cut, then `cut` is
  // called, which makes nbdkit stop. Each once, from this object's thread.
  static result<std::unique_ptr<client_eviction>> watch(const gateway_config& config,
                                                        std::function<void()> told,
                                                        std::function<void()> cut);
  ~client_eviction();
  // From the signal on. Any thread.
  static bool stopping();
  client_eviction(const client_eviction&) = delete;
  client_eviction& operator=(const client_eviction&) = delete;

 private:
  class watcher;
  explicit client_eviction(std::unique_ptr<watcher> w);
  std::unique_ptr<watcher> watcher_;
};

}  // namespace cairn

// Ends the clients' connections when the process is told to stop.
//
// nbdkit 1.32 meets SIGTERM by accepting nobody new and then waits until every client has gone; a
// host that keeps its volume attached would keep the gateway alive for ever. So the signal is heard
// here first: what clients still send is cut off, requests under way are answered, and connections
// whose client does not take the answers are cut as well after a grace time.
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
  // `told` is called once, from this object's thread, when the process is told to stop.
  static result<std::unique_ptr<client_eviction>> watch(const gateway_config& config,
                                                        std::function<void()> told);
  ~client_eviction();
  client_eviction(const client_eviction&) = delete;
  client_eviction& operator=(const client_eviction&) = delete;

 private:
  class watcher;
  explicit client_eviction(std::unique_ptr<watcher> w);
  std::unique_ptr<watcher> watcher_;
};

}  // namespace cairn

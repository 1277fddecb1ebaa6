// Hears SIGHUP, by which an operator asks for the configuration to be read again.
//
// nbdkit 1.32 does not know the signal, and its default action ends the process: it is blocked
// before there are threads (get_ready), and read from a descriptor by a thread of its own
// (after_fork to cleanup).
#pragma once
#include <functional>
#include <memory>

#include "base/result.h"

namespace cairn {

// From now on SIGHUP ends no process. In the thread that makes all others.
void block_reload_signal();

class reload_signal {
 public:
  // `heard` is called in the thread of this object, once for all signals that came since.
  static result<std::unique_ptr<reload_signal>> listen(std::function<void()> heard);
  ~reload_signal();  // waits for `heard` to return
  reload_signal(const reload_signal&) = delete;
  reload_signal& operator=(const reload_signal&) = delete;

 private:
  class listener;
  explicit reload_signal(std::unique_ptr<listener> l);
  std::unique_ptr<listener> listener_;
};

}  // namespace cairn

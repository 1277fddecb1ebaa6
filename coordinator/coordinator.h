// A coordinator: one thread that owns everything, connections to the members, and the API.
//
// main (or a test) calls open, start and stop from one thread; the functions of coordinator_api
// come from any thread between start and stop, and are carried over to the coordinator's own, in
// coordinator_loop.cpp and nowhere else.
#pragma once
#include <memory>

#include "base/random.h"
#include "config/config.h"
#include "coordinator/view.h"
#include "storage/disk.h"

namespace cairn {

class coordinator : public coordinator_api {
 public:
  // Opens the state; role and members as configured. `random` must outlive it.
  static result<std::unique_ptr<coordinator>> open(disk& on, const coordinator_config& config,
                                                   random_source& random);
  virtual void start() = 0;
  // Takes from a configuration that was read again what can change while it runs: `log`, and the
  // pace of markers with its target. Says in the log what it took, and that the rest takes a
  // restart. From start() to stop().
  virtual void reload(const coordinator_config& now) = 0;
  // How well the group is protected (coordinator/verdict.h), as of the last poll. Does not wait.
  virtual std::string verdict() const = 0;
  virtual void stop() = 0;  // orderly; a second call does nothing
};

}  // namespace cairn

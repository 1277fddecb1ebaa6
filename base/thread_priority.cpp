#include "base/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace cairn {

void run_ahead() {
  // Under the ordinary policy a woken thread, however nice, may wait for a slice of each that runs.
  const sched_param lowest{.sched_priority = sched_get_priority_min(SCHED_RR)};
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0) return;
  // On Linux a nice value belongs to the thread, whatever POSIX says of the process.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10));
}

}  // namespace cairn

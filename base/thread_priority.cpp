#include "base/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

namespace cairn {

void run_ahead() {
  // On Linux a nice value belongs to the thread, whatever POSIX says of the process.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10));
}

}  // namespace cairn

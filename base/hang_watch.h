// Decides from readings of the process's threads whether one of them hangs. Pure: readings and the
// time go in, the verdict comes out.
//
// A watched thread hangs when it neither rested nor beat for `limit`, unless some thread of the
// process is inside one call of a disk for half as long: it may have what the other waits for, and
// a process that waits for its disk does not end by being told to, so starting it again is no
// help. Threads that wait for each other's turns rest, and hang all the same: for as long as each
// of them has waited. Times are those between two looks, so a look once in limit / 8 is often
// enough. When looks were missed, the process as a whole did not run; that is nobody's hang.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/heartbeat.h"

namespace cairn {

class hang_watch {
 public:
  using time = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  explicit hang_watch(milliseconds limit) : limit_(limit) {}

  struct late_thread {
    std::string name;
    milliseconds since{0};  // so long ago it got on
  };
  struct verdict {
    std::optional<late_thread> hangs;       // the one that does so for the longest time
    std::optional<late_thread> waits_long;  // for its disk; the name may be empty
  };
  verdict look(const std::vector<thread_reading>& threads, time now);

 private:
  struct known {
    thread_reading as_of;
    time since;
  };
  milliseconds standing(const thread_reading& t, time now, bool missed);
  milliseconds shortest_wait(const std::vector<thread_reading>& of, time now) const;

  const milliseconds limit_;
  std::optional<time> looked_;
  std::map<std::uint64_t, known> known_;  // by thread
};

}  // namespace cairn

// Tells the service manager how the process stands as long as this exists: a sentence when it has
// changed, and that it is alive while its threads get on (base/hang_watch.h). A thread that hangs
// is named in one line of the log, and so is a disk that keeps the process waiting.
//
// One thread, and none where nobody listens. Owned by the front end or main, from when everything
// is served to when everything has stopped.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/hang_watch.h"

namespace cairn {

class service_watch {
 public:
  // `sentence` is called about once a second, from this object's thread. It must not wait.
  explicit service_watch(std::function<std::string()> sentence);
  ~service_watch();  // joins
  service_watch(const service_watch&) = delete;
  service_watch& operator=(const service_watch&) = delete;

  // From now on how long it takes is the manager's own limit: threads end, and nothing is judged.
  void stopping();

 private:
  void run();
  void judge(hang_watch& watch);
  void tell_status();
  bool wait(std::chrono::milliseconds pause);

  const std::function<std::string()> sentence_;
  std::string told_;
  bool said_hang_ = false, said_slow_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, ended_ = false;
  std::thread thread_;
};

}  // namespace cairn

// A thread that repeats a step, when the step asked for it or when it is woken.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace cairn {

class stepping_thread {
 public:
  using clock = std::chrono::steady_clock;
  // Returns when to come again at the latest; nullopt: only when woken. `woken`: by wake(), and not
  // because it was time.
  using step = std::function<std::optional<clock::time_point>(bool woken)>;

  // Watched under this name (base/heartbeat.h).
  explicit stepping_thread(std::string name) : name_(std::move(name)) {}
  ~stepping_thread();
  stepping_thread(const stepping_thread&) = delete;
  stepping_thread& operator=(const stepping_thread&) = delete;

  void start(step s, std::function<void()> first = {});  // which runs in the thread, once
  void wake();                                           // from any thread; before start(), too
  void end_soon();                                       // no step is begun any more
  bool join();          // after end_soon(), which it calls; false: it did not run
  bool ending() const;  // a long step asks
  void hang_instead();  // by [testing]: stands still as in a deadlock; before start()

 private:
  void run(const step& s);
  void hang();

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool woken_ = false;
  bool ending_ = false;
  bool hangs_ = false;
  std::thread thread_;
};

}  // namespace cairn

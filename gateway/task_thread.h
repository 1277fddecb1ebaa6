// A thread that does what it is given, in order. Watched, and at rest while it has nothing to do.
#pragma once
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "gateway/member/stepping_thread.h"

namespace cairn {

class task_thread {
 public:
  explicit task_thread(std::string name) : thread_(std::move(name)) {}

  void start(std::function<void()> first = {}) {
    thread_.start(
        [this](bool) -> std::optional<stepping_thread::clock::time_point> {
          while (auto next = take()) next();
          return std::nullopt;
        },
        std::move(first));
  }
  // false: `waiting_max` wait already, or it ends.
  bool post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.size() == waiting_max) return false;
      tasks_.push_back(std::move(task));
    }
    thread_.wake();
    return true;
  }
  void end_soon() { thread_.end_soon(); }
  void stop() { thread_.join(); }  // what waits is not begun any more

 private:
  static constexpr std::size_t waiting_max = 64;

  std::function<void()> take() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || thread_.ending()) return {};
    auto next = std::move(tasks_.front());
    tasks_.pop_front();
    return next;
  }

  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  stepping_thread thread_;
};

}  // namespace cairn

// A value that can only be reached with its lock held.
#pragma once
#include <condition_variable>
#include <mutex>
#include <utility>

namespace cairn {

template <class T, class Mutex = std::mutex>
class guarded {
 public:
  template <class... Args>
  explicit guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls f(T&) under the lock and returns what it returns. f must not call back into this object.
  template <class F>
  decltype(auto) with(F&& f) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <class F>
  decltype(auto) with(F&& f) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

  // Waits on `condition` until f(T&) is true or the time is up, under the lock; returns the last f.
  template <class F, class Duration>
  bool wait_for(std::condition_variable& condition, Duration limit, F&& f) {
    std::unique_lock lock(mutex_);
    return condition.wait_for(lock, limit, [&] { return f(value_); });
  }

 private:
  mutable Mutex mutex_;
  T value_;
};

}  // namespace cairn

#include "gateway/member/stepping_thread.h"

#include <utility>

#include "base/heartbeat.h"

namespace cairn {

stepping_thread::~stepping_thread() { join(); }

void stepping_thread::start(step s, std::function<void()> first) {
  thread_ = std::thread([this, s = std::move(s), first = std::move(first)] {
    const watched_thread watched(name_);
    if (first) first();
    hangs_ ? hang() : run(s);
  });
}

void stepping_thread::run(const step& s) {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const bool woken = std::exchange(woken_, false);
    lock.unlock();
    const auto next = s(woken);
    lock.lock();
    const auto due = [this] { return woken_ || ending_; };
    const resting until_then;
    if (next)
      wakes_.wait_until(lock, *next, due);
    else
      wakes_.wait(lock, due);
  }
}

void stepping_thread::hang() {
  std::unique_lock lock(mutex_);
  wakes_.wait(lock, [this] { return ending_; });
}

void stepping_thread::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wakes_.notify_one();
}

void stepping_thread::end_soon() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wakes_.notify_all();
}

bool stepping_thread::join() {
  end_soon();
  if (!thread_.joinable()) return false;
  thread_.join();
  return true;
}

bool stepping_thread::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void stepping_thread::hang_instead() { hangs_ = true; }

}  // namespace cairn

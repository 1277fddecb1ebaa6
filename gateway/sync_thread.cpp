#include "gateway/sync_thread.h"

#include "base/log.h"

namespace cairn {

void sync_thread::start() {
  thread_ = std::thread([this] { run(); });
}

void sync_thread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void sync_thread::want(bool soon) {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ && (soon_ || !soon)) return;
    wanted_ = true;
    soon_ = soon_ || soon;
  }
  changed_.notify_all();
}

void sync_thread::run() {
  std::chrono::steady_clock::time_point due{};
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return wanted_ || stopping_; });
    if (stopping_) return;
    changed_.wait_until(lock, due, [&] { return soon_ || stopping_; });
    wanted_ = soon_ = false;
    due = std::chrono::steady_clock::now() + pause_;
    lock.unlock();
    if (auto done = log_.sync(); !done) return log_error("link: " + done.error().text);
    synced_();
    lock.lock();
  }
}

}  // namespace cairn

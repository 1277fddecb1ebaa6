#include "gateway/link/sync_thread.h"

#include "base/heartbeat.h"
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

void sync_thread::wait_until_due(std::unique_lock<std::mutex>& lock) {
  const resting until_then;
  changed_.wait(lock, [&] { return wanted_ || stopping_; });
  if (!stopping_) changed_.wait_until(lock, due_, [&] { return soon_ || stopping_; });
}

void sync_thread::run() {
  const watched_thread watched("member " + of_.member + ": link sync");
  std::unique_lock lock(mutex_);
  for (;;) {
    wait_until_due(lock);
    if (stopping_ && !wanted_) return;
    wanted_ = soon_ = false;
    due_ = std::chrono::steady_clock::now() + pause_;
    lock.unlock();
    if (auto done = log_.sync(); !done)
      return log_error("link: " + done.error().text, log_event::none, of_);
    synced_();
    lock.lock();
  }
}

}  // namespace cairn

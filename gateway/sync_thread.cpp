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

void sync_thread::want() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

void sync_thread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return wanted_ || stopping_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    if (auto done = log_.sync(); !done) return log_error("link: " + done.error().text);
    synced_();
    lock.lock();
    changed_.wait_for(lock, pause_, [&] { return stopping_; });
  }
}

}  // namespace cairn

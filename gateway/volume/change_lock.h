// Who writes holds it together with others; who reads in order to write holds it alone
// (COMPARE AND WRITE). Whoever wants it alone is let in next: a stream of writes can't keep it out,
// as it could with a shared mutex by itself.
#pragma once
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace cairn {

class change_lock {
 public:
  [[nodiscard]] std::shared_lock<std::shared_mutex> together() {
    if (wanted_ != 0) const std::lock_guard behind(turn_);
    return std::shared_lock(lock_);
  }
  struct alone_lock {
    std::unique_lock<std::mutex> turn;
    std::unique_lock<std::shared_mutex> all;
    void unlock() {
      all.unlock();
      turn.unlock();
    }
  };
  [[nodiscard]] alone_lock alone() {
    ++wanted_;
    alone_lock out{std::unique_lock(turn_), std::unique_lock(lock_, std::defer_lock)};
    out.all.lock();
    --wanted_;
    return out;
  }

 private:
  std::atomic<int> wanted_{0};
  std::mutex turn_;
  std::shared_mutex lock_;
};

}  // namespace cairn

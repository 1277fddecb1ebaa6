// Makes a secondary's journal durable behind its appends: at once when a seal arrived, since a
// marker counts only when it is stored durably; otherwise at a pace, so that each fdatasync covers
// more.
//
// Owned by a receiver_session. want() from any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/events.h"
#include "journal/journal.h"

namespace cairn {

class sync_thread {
 public:
  // `pause`: from the start of one fdatasync to the next that nobody waits for, so that one that
  // takes long does not make the next one longer still. `synced` is called on the thread after
  // each success. A failure is final (I9): it is logged, and no further sync is tried; the journal
  // refuses appends from then on.
  sync_thread(log_subject of, journal& log, std::chrono::milliseconds pause,
              std::function<void()> synced)
      : of_(std::move(of)), log_(log), pause_(pause), synced_(std::move(synced)) {}

  void start();
  void stop();  // joins
  // There is something to sync. `soon`: without waiting for the pace.
  void want(bool soon);

 private:
  void run();

  void wait_until_due(std::unique_lock<std::mutex>& lock);

  const log_subject of_;
  journal& log_;
  const std::chrono::milliseconds pause_;
  const std::function<void()> synced_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool soon_ = false;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point due_{};
  std::thread thread_;
};

}  // namespace cairn

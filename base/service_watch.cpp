#include "base/service_watch.h"

#include <utility>

#include "base/log.h"
#include "base/service_notify.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds look_most(1000);

std::string seconds(milliseconds ms) { return std::to_string(ms.count() / 1000) + " s"; }

}  // namespace

service_watch::service_watch(std::function<std::string()> sentence)
    : sentence_(std::move(sentence)) {
  if (service::is_told()) thread_ = std::thread([this] { run(); });
}

service_watch::~service_watch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void service_watch::stopping() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  service::stopping();
}

bool service_watch::wait(milliseconds pause) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, pause, [this] { return ended_; });
}

void service_watch::run() {
  const auto limit = service::watchdog_limit();
  const auto pause = limit ? std::min(look_most, *limit / 8) : look_most;
  hang_watch watch(limit.value_or(look_most));
  do {
    if (limit) judge(watch);
    tell_status();
  } while (wait(pause));
}

void service_watch::judge(hang_watch& watch) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return service::alive();
  }
  const auto found = watch.look(read_threads(), std::chrono::steady_clock::now());
  // First of all: what is written to stderr may have to wait for who reads it.
  if (!found.hangs) service::alive();
  if (!std::exchange(said_slow_, found.waits_long.has_value()) && found.waits_long)
    log_warning("a disk has not answered for " + seconds(found.waits_long->since) +
                    (found.waits_long->name.empty() ? "" : " (" + found.waits_long->name + ")"),
                log_event::disk_is_slow);
  if (!found.hangs) {
    said_hang_ = false;
    return;
  }
  // The line goes a look ahead: journald asks the system who wrote it, and must find the process.
  if (std::exchange(said_hang_, true)) return service::hangs();
  log_error(found.hangs->name + " hangs: it has not got on for " + seconds(found.hangs->since) +
                "; the service manager is asked for a restart",
            log_event::thread_hangs);
}

void service_watch::tell_status() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
  auto now = sentence_();
  if (now == told_) return;
  told_ = std::move(now);
  service::status(told_);
}

}  // namespace cairn

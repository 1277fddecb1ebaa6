// The member's threads and the steps that they repeat.
#include "base/log.h"
#include "base/thread_priority.h"
#include "gateway/member_impl.h"
#include "replication/watermarks.h"

namespace cairn {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds sync_pace{100};      // longest time that finished records wait for fdatasync
constexpr milliseconds catalog_pace{20};    // rows are behind the appends by about this
constexpr milliseconds destage_pace{20};    // when there is nothing to destage
constexpr milliseconds backing_pace{1000};  // between syncs of the backing files
constexpr std::size_t rows_at_once = 4096;

}  // namespace

// I7, as far as one member sees it.
void member_impl::check_watermarks() const {
  // Read from the left: each may only grow, so a later reading can't make an earlier one wrong.
  journal_watermarks w;
  w.trimmed = log_->trimmed();
  w.backed = log_->backed();
  w.destaged = destager_->destaged();
  const sequence applied(applied_);
  const auto selected = log_->state().target_sequence;
  w.durable = log_->durable();
  // A receiver may truncate between two readings; the journal checks the rest under its own lock.
  w.finished = is_primary() ? log_->finished() : w.durable;
  w.assigned = is_primary() ? log_->assigned() : w.durable;
  check(w);
  if (role_ == member_role::secondary)
    check(applied_watermarks{w.destaged, applied, selected, log_->durable()});
}

sequence member_impl::destage_limit() const {
  const auto durable = log_->durable();
  if (role_ == member_role::secondary || role_ == member_role::promoting)
    return std::min(durable, sequence(applied_));
  return std::min(durable, sequence(visible_reached_));
}

sequence member_impl::trim_limit() const {
  const auto backed = log_->backed();
  const bool has_peer = role_ != member_role::secondary && config_.peer && !log_->state().promoted;
  if (!has_peer) return backed;
  return peer_.with(
      [&](const peer_view& v) { return v.known ? std::min(backed, v.stored) : log_->trimmed(); });
}

void member_impl::sync_step() {
  const auto point = log_->begin_sync();
  if (!log_->ready(point)) return;
  if (auto done = log_->complete_sync(point); !done)
    return log_error("member " + config_.name + ": " + done.error().text);
  after_sync();
}

void member_impl::catalog_step() {
  for (bool more = true; more;) {
    if (auto ready = log_->prepare_segment(); !ready)
      log_debug("member " + config_.name + ": no segment ready ahead: " + ready.error().text);
    const auto n = log_->write_rows(rows_at_once);
    if (!n) log_error("member " + config_.name + ": " + n.error().text);
    more = n && *n == rows_at_once;
  }
}

bool member_impl::destage_step() {
  const std::lock_guard lock(destage_mutex_);
  if (destage_stopped_) return false;
  auto moved = destager_->step(destage_limit());
  if (moved) {
    check_watermarks();
    return *moved;
  }
  destage_stopped_ = true;
  log_error("member " + config_.name + ": destaging stopped: " + moved.error().text);
  return false;
}

void member_impl::backing_step() {
  const std::lock_guard lock(destage_mutex_);
  if (!destage_stopped_ && destager_->destaged() > log_->backed()) {
    const auto backed = destager_->sync();
    if (!backed) {
      destage_stopped_ = true;
      log_error("member " + config_.name + ": destaging stopped: " + backed.error().text);
    } else if (auto saved = log_->save_backed(*backed); !saved) {
      log_error("member " + config_.name + ": " + saved.error().text);
    }
  }
  const auto limit = trim_limit();
  if (limit <= log_->trimmed()) return;
  if (auto trimmed = log_->trim(limit); !trimmed)
    log_error("member " + config_.name + ": " + trimmed.error().text);
  check_watermarks();
}

void member_impl::start() {
  threads_.emplace_back([this] { hold_loop(); });
  threads_.emplace_back([this] { sync_loop(); });
  threads_.emplace_back([this] { catalog_loop(); });
  threads_.emplace_back([this] { destage_loop(); });
}

void member_impl::stop() {
  {
    const std::lock_guard lock(thread_mutex_);
    stopping_ = true;
  }
  hold_wakes_.notify_all();
  sync_wakes_.notify_all();
  nap_ends_.notify_all();
  const bool ran = !threads_.empty();
  for (auto& t : threads_) t.join();
  threads_.clear();
  if (!ran || log_->failure()) return;
  hold_step(monotonic_time::max());
  if (auto synced = log_->sync(); !synced) log_error(synced.error().text);
  after_sync();
  catalog_step();
}

// I11: this thread does nothing but watch the limit, so no disk and no other process delays it.
void member_impl::hold_loop() {
  run_ahead();
  std::unique_lock lock(thread_mutex_);
  while (!stopping_) {
    const auto until = gate_.deadline();
    const auto woken = [&] { return stopping_ || hold_changed_; };
    if (until)
      hold_wakes_.wait_until(lock, *until, woken);
    else
      hold_wakes_.wait(lock, woken);
    hold_changed_ = false;
    lock.unlock();
    hold_step(std::chrono::steady_clock::now());
    lock.lock();
  }
}

void member_impl::sync_loop() {
  std::unique_lock lock(thread_mutex_);
  while (!stopping_) {
    sync_wakes_.wait_for(lock, sync_pace, [&] { return stopping_ || sync_wanted_; });
    sync_wanted_ = false;
    lock.unlock();
    if (is_primary() && !log_->failure() && log_->durable() < log_->finished()) {
      if (auto done = log_->sync(); !done)
        log_error("member " + config_.name + ": " + done.error().text);
      else
        after_sync();
    }
    lock.lock();
  }
}

// false: the member stops.
bool member_impl::nap(milliseconds longest) {
  std::unique_lock lock(thread_mutex_);
  nap_ends_.wait_for(lock, longest, [&] { return stopping_; });
  return !stopping_;
}

void member_impl::catalog_loop() {
  do catalog_step();
  while (nap(catalog_pace));
}

void member_impl::destage_loop() {
  auto synced = std::chrono::steady_clock::now();
  do {
    bool more = true;
    while (more) {
      more = destage_step();
      const auto now = std::chrono::steady_clock::now();
      if (now - synced >= backing_pace) {
        backing_step();
        synced = now;
      }
      const std::lock_guard lock(thread_mutex_);
      if (stopping_) return;
    }
  } while (nap(destage_pace));
}

}  // namespace cairn

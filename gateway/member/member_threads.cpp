// The member's threads and the steps that they repeat.
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/thread_priority.h"
#include "gateway/member/member_impl.h"
#include "replication/watermarks.h"

namespace cairn {

using std::chrono::milliseconds;

namespace {

// How often the threads look whether something is due.
constexpr milliseconds sync_look{20};
constexpr milliseconds catalog_look{20};
constexpr milliseconds destage_look{20};
constexpr milliseconds destage_retry{1000};  // while a backing file's file system is full
constexpr milliseconds trim_look{500};
constexpr std::size_t rows_at_once = 4096;

}  // namespace

// I7, as far as one member sees it.
void member_impl::check_watermarks() const {
  const auto role = role_.load();
  // Read from the left: each may only grow, so a later reading can't make an earlier one wrong.
  journal_watermarks w;
  w.trimmed = log_->trimmed();
  w.backed = log_->backed();
  w.destaged = destager_->destaged();
  const sequence applied(applied_);
  const auto selected = log_->state().target_sequence;
  w.durable = log_->durable();
  // A receiver may truncate between two readings; the journal checks the rest under its own lock.
  // A takeover cuts, too, so the role is the one from before.
  w.finished = role == member_role::primary ? log_->finished() : w.durable;
  w.assigned = role == member_role::primary ? log_->assigned() : w.durable;
  check(w);
  if (role == member_role::secondary && role_ == role)
    check(applied_watermarks{w.destaged, applied, selected, log_->durable()});
}

sequence member_impl::visible_end() const {
  const bool applies = role_ == member_role::secondary || role_ == member_role::promoting;
  return sequence(applies ? applied_ : visible_reached_);
}

sequence member_impl::destage_limit() const { return std::min(log_->durable(), visible_end()); }

std::uint64_t member_impl::pending_records() const {
  const auto visible = visible_end(), destaged = destager_->destaged();
  return visible > destaged ? visible.value - destaged.value : 0;
}

journal_load member_impl::load() const {
  journal_load out;
  const auto destaged = destager_->destaged();
  const auto finished = log_->finished();
  out.pending_records = pending_records();
  out.pending_bytes = changed_bytes_ - destager_->moved_bytes();
  out.undurable_records = finished.value - std::min(finished, log_->durable()).value;
  out.undurable_bytes = changed_bytes_ - synced_bytes_;
  out.unbacked_records = destaged.value - std::min(destaged, log_->backed()).value;
  out.changes = samples_.with([](const lag_samples& s) {
    std::uint64_t records = 0;
    for (const auto& v : s.totals()) records += v.records;
    return records;
  });
  const auto usage = log_->usage();
  out.short_of_space = usage.bytes > usage.bytes_max / 2;
  return out;
}

bool member_impl::has_peer() const { return role_ != member_role::secondary && config_.peer; }

sequence member_impl::trim_limit() const {
  const auto backed = log_->backed();
  if (!has_peer()) return backed;
  return peer_.with(
      [&](const peer_view& v) { return v.known ? std::min(backed, v.stored) : log_->trimmed(); });
}

void member_impl::sync_step() {
  const auto point = log_->begin_sync();
  if (!log_->ready(point)) return;
  if (auto done = log_->complete_sync(point); !done)
    return log_error("member " + config_.name + ": " + done.error().text, log_event::none,
                     subject());
  after_sync();
}

// What goes wrong at every look is one line, until it is something else.
template <class T>
void member_impl::tell_once(std::string& told, const result<T>& done) const {
  const std::string now = done ? std::string() : done.error().text;
  if (now == told) return;
  told = now;
  if (!now.empty()) log_error("member " + config_.name + ": " + now, log_event::none, subject());
}

void member_impl::catalog_step() {
  for (bool more = true; more;) {
    if (auto ready = log_->prepare_segment(); !ready)
      log_debug("member " + config_.name + ": no segment ready ahead: " + ready.error().text);
    const auto n = log_->write_rows(rows_at_once);
    tell_once(catalog_trouble_, n);
    more = n && *n == rows_at_once;
  }
}

// In the log once, in the status for as long as it lasts.
void member_impl::tell_destaging(const std::string& trouble, log_event event) {
  const std::string told = "destaging " + trouble;
  destage_trouble_.with([&](std::string& t) { t = told; });
  log_error("member " + config_.name + ": " + told, event, subject());
}

bool member_impl::destage_step() {
  const std::lock_guard lock(destage_mutex_);
  if (destage_stopped_) return false;
  auto moved = destager_->step(destage_limit());
  if (moved) {
    if (destage_waits_.exchange(false)) {
      destage_trouble_.with([](std::string& t) { t.clear(); });
      log_notice("member " + config_.name + ": destaging goes on", log_event::destaging_goes_on,
                 subject());
    }
    check_watermarks();
    return *moved;
  }
  const bool no_space = moved.error().code == ENOSPC;
  const bool known = destage_waits_.exchange(no_space) && no_space;
  destage_stopped_ = !no_space;
  if (!known)
    tell_destaging((no_space ? "waits: " : "stopped: ") + moved.error().text,
                   no_space ? log_event::destaging_waits : log_event::destaging_stopped);
  return false;
}

// Not where the peer has to take records first: that may be long.
journal_room member_impl::room() const {
  if (destage_stopped_ || destage_waits_) return {log_->trimmed(), false};
  auto freed_by_us = visible_end();
  if (has_peer())
    freed_by_us = std::min(freed_by_us, peer_.with([](const peer_view& v) { return v.stored; }));
  return {log_->trimmed(), log_->backed() < freed_by_us};
}

void member_impl::backing_step() {
  {
    const std::lock_guard lock(destage_mutex_);
    if (!destage_stopped_ && destager_->destaged() > log_->backed()) {
      const auto backed = destager_->sync();
      if (!backed) {
        destage_stopped_ = true;
        tell_destaging("stopped: " + backed.error().text, log_event::destaging_stopped);
      } else {
        tell_once(backing_trouble_, log_->save_backed(*backed));
      }
    }
  }
  trim_step();
}

void member_impl::trim_step() {
  const auto limit = trim_limit();
  if (limit <= log_->trimmed()) return;
  tell_once(trim_trouble_, log_->trim(limit));
  check_watermarks();
}

void member_impl::start_thread(const std::string& name, void (member_impl::*loop)()) {
  threads_.emplace_back([this, name, loop] {
    const watched_thread watched("member " + config_.name + ": " + name);
    name == hangs_ ? hang() : (this->*loop)();
  });
}

// As a deadlock would.
void member_impl::hang() {
  std::unique_lock lock(thread_mutex_);
  nap_ends_.wait(lock, [this] { return stopping_; });
}

void member_impl::start() {
  start_thread("hold", &member_impl::hold_loop);
  start_thread("sync", &member_impl::sync_loop);
  start_thread("catalog", &member_impl::catalog_loop);
  start_thread("destage", &member_impl::destage_loop);
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
  if (!ran) return;
  hold_step(monotonic_time::max());  // what is withheld goes, whatever became of the journal
  if (log_->failure()) return;
  sync_now();
  catalog_step();
  // What the next start need not look at again.
  if (auto ended = log_->end_segments(); !ended)
    log_error("member " + config_.name + ": " + ended.error().text, log_event::none, subject());
  backing_step();
}

// I11: this thread does nothing but watch the limit, so no disk and no other process delays it.
void member_impl::hold_loop() {
  run_ahead();
  std::unique_lock lock(thread_mutex_);
  while (!stopping_) {
    const auto until = gate_.deadline();
    const auto woken = [&] { return stopping_ || hold_changed_; };
    {
      const resting until_then;
      if (until)
        hold_wakes_.wait_until(lock, *until, woken);
      else
        hold_wakes_.wait(lock, woken);
    }
    hold_changed_ = false;
    lock.unlock();
    hold_step(std::chrono::steady_clock::now());
    lock.lock();
  }
}

// One fdatasync of the journal, shared by all who wait for one, and what it lets go.
result<void> member_impl::sync_journal() {
  const std::uint64_t covered = changed_bytes_;
  CAIRN_TRY(log_->sync());
  synced_bytes_ = covered;
  after_sync();
  return {};
}

void member_impl::sync_now() {
  if (auto done = sync_journal(); !done)
    log_error("member " + config_.name + ": " + done.error().text, log_event::none, subject());
}

// A primary's. What a secondary receives is synced by its link (sync_thread).
void member_impl::sync_loop() {
  background_pace pace;
  std::unique_lock lock(thread_mutex_);
  while (!stopping_) {
    {
      const resting until_then;
      sync_wakes_.wait_for(lock, sync_look, [&] { return stopping_ || sync_wanted_; });
    }
    const bool wanted = std::exchange(sync_wanted_, false);
    lock.unlock();
    const auto due = [&] { return pace.sync_due(load(), std::chrono::steady_clock::now()); };
    if (has_hosts_writes() && !log_->failure() && (wanted || due())) sync_now();
    lock.lock();
  }
}

// false: the member stops.
bool member_impl::nap(milliseconds longest) {
  const resting until_then;
  std::unique_lock lock(thread_mutex_);
  nap_ends_.wait_for(lock, longest, [&] { return stopping_; });
  return !stopping_;
}

bool member_impl::stopping() const {
  const std::lock_guard lock(thread_mutex_);
  return stopping_;
}

void member_impl::catalog_loop() {
  do catalog_step();
  while (nap(catalog_look));
}

// Destages what is visible now; what comes meanwhile waits until destaging is due again. Backing
// files are synced on the way: behind a slow disk a sweep is long, and hosts wait for journal
// space.
void member_impl::sweep(background_pace& pace) {
  const auto goal = visible_end();
  if (has_hosts_writes() && log_->durable() < goal && !log_->failure()) sync_now();
  while (destager_->destaged() < goal && !stopping() && destage_step())
    if (pace.backing_due(load(), std::chrono::steady_clock::now())) backing_step();
}

void member_impl::destage_loop() {
  background_pace pace;
  auto looked = std::chrono::steady_clock::now();
  do {
    if (pace.destage_due(load(), std::chrono::steady_clock::now())) sweep(pace);
    const auto now = std::chrono::steady_clock::now();
    if (pace.backing_due(load(), now)) {
      backing_step();
    } else if (now - looked >= trim_look) {
      trim_step();
      looked = now;
    }
  } while (nap(destage_waits_ ? destage_retry : destage_look));
}

}  // namespace cairn

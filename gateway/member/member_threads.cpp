// The member's threads and the steps that they repeat.
#include "base/log.h"
#include "gateway/member/member_impl.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
using clock = stepping_thread::clock;

// How often the threads look whether something is due.
constexpr milliseconds catalog_look{20};
constexpr milliseconds destage_look{20};
constexpr milliseconds destage_retry{1000};  // while a backing file's file system is full
constexpr milliseconds trim_look{500};
constexpr std::size_t rows_at_once = 4096;

}  // namespace

void member_impl::hold_step(monotonic_time now) {
  if (auto* p = primary()) p->hold_step(now);
}

std::optional<monotonic_time> member_impl::hold_deadline() const {
  const auto* p = primary();
  return p ? p->hold_deadline() : std::nullopt;
}

// What a secondary receives is synced by its link (sync_thread) where it has threads.
void member_impl::sync_step() {
  if (auto* p = primary()) return p->sync_step();
  auto& log = core_.log();
  const auto point = log.begin_sync();
  if (!log.ready(point)) return;
  if (auto done = log.complete_sync(point); !done)
    log_error(core_.sentence(done.error().text), log_event::none, core_.subject());
}

void member_impl::catalog_step() {
  for (bool more = true; more;) {
    if (auto ready = core_.log().prepare_segment(); !ready)
      log_debug(core_.sentence("no segment ready ahead: " + ready.error().text));
    const auto n = core_.log().write_rows(rows_at_once);
    tell_once(core_, catalog_told_, n);
    more = n && *n == rows_at_once;
  }
}

sequence member_impl::trim_limit() const {
  const auto* p = primary();
  return p ? p->trim_limit() : core_.log().backed();
}

void member_impl::backing_step() {
  destages_.back();
  destages_.trim(trim_limit());
}

void member_impl::start() {
  running_ = true;
  if (owned_primary_) owned_primary_->start();
  catalog_thread_.start([this](bool) {
    catalog_step();
    return clock::now() + catalog_look;
  });
  destage_thread_.start([this](bool) { return destage_turn(); });
}

void member_impl::stop_soon() {
  if (secondary_) secondary_->stop_soon();
}

void member_impl::sync_received() {
  if (auto done = core_.sync(); !done)
    log_error(core_.sentence(done.error().text), log_event::none, core_.subject());
}

void member_impl::stop() {
  if (owned_primary_) owned_primary_->stop_soon();
  catalog_thread_.end_soon();
  destage_thread_.end_soon();
  catalog_thread_.join();
  destage_thread_.join();
  if (owned_primary_) owned_primary_->stop();
  if (!running_.exchange(false) || core_.log().failure()) return;
  if (!owned_primary_) sync_received();
  catalog_step();
  // What the next start need not look at again.
  if (auto ended = core_.log().end_segments(); !ended)
    log_error(core_.sentence(ended.error().text), log_event::none, core_.subject());
  backing_step();
}

// Destages what is shown now; what comes meanwhile waits until destaging is due again. Backing
// files are synced on the way: behind a slow disk a sweep is long, and hosts wait for journal
// space.
void member_impl::sweep() {
  const auto goal = core_.shown();
  if (auto* p = primary(); p && core_.log().durable() < goal && !core_.log().failure())
    p->sync_now();
  while (destages_.destaged() < goal && !destage_thread_.ending() && destages_.step())
    if (pace_.backing_due(destages_.load(), clock::now())) backing_step();
}

clock::time_point member_impl::destage_turn() {
  if (pace_.destage_due(destages_.load(), clock::now())) sweep();
  const auto now = clock::now();
  if (pace_.backing_due(destages_.load(), now)) {
    backing_step();
  } else if (now - trim_looked_ >= trim_look) {
    destages_.trim(trim_limit());
    trim_looked_ = now;
  }
  return clock::now() + (destages_.waits() ? destage_retry : destage_look);
}

}  // namespace cairn

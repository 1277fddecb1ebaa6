#include "gateway/member/destaging.h"

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "replication/watermarks.h"

namespace cairn {

// I7, as far as one member sees it.
void destaging::check_watermarks() const {
  const auto& log = core_.log();
  const auto role = core_.role();
  // Read from the left: each may only grow, so a later reading can't make an earlier one wrong.
  journal_watermarks w;
  w.trimmed = log.trimmed();
  w.backed = log.backed();
  w.destaged = destager_.destaged();
  const auto shown = core_.shown();
  const auto selected = log.state().target_sequence;
  w.durable = log.durable();
  // A receiver may truncate between two readings; the journal checks the rest under its own lock.
  // A takeover cuts, too, so the role is the one from before.
  w.finished = role == member_role::primary ? log.finished() : w.durable;
  w.assigned = role == member_role::primary ? log.assigned() : w.durable;
  check(w);
  if (role == member_role::secondary && core_.role() == role)
    check(applied_watermarks{w.destaged, shown, selected, log.durable()});
}

std::uint64_t destaging::pending_records() const {
  const auto shown = core_.shown(), moved = destaged();
  return shown > moved ? shown.value - moved.value : 0;
}

journal_load destaging::load() const {
  const auto& log = core_.log();
  journal_load out;
  const auto moved = destaged();
  const auto finished = log.finished();
  out.pending_records = pending_records();
  out.pending_bytes = core_.changed_bytes() - destager_.moved_bytes();
  out.undurable_records = finished.value - std::min(finished, log.durable()).value;
  out.undurable_bytes = core_.changed_bytes() - core_.synced_bytes();
  out.unbacked_records = moved.value - std::min(moved, log.backed()).value;
  out.changes = core_.lag().with([](const lag_samples& s) {
    std::uint64_t records = 0;
    for (const auto& v : s.totals()) records += v.records;
    return records;
  });
  const auto usage = log.usage();
  out.short_of_space = usage.bytes > usage.bytes_max / 2;
  return out;
}

bool destaging::step() {
  const std::lock_guard lock(turn_);
  if (stopped_) return false;
  auto moved = destager_.step(std::min(core_.log().durable(), core_.shown()));
  if (moved) {
    if (waits_.exchange(false)) {
      trouble_.with([](std::string& t) { t.clear(); });
      log_notice(core_.sentence("destaging goes on"), log_event::destaging_goes_on,
                 core_.subject());
    }
    check_watermarks();
    return *moved;
  }
  const bool no_space = moved.error().is == error_class::no_space;
  const bool known = waits_.exchange(no_space) && no_space;
  stopped_ = !no_space;
  if (!known)
    tell((no_space ? "waits: " : "stopped: ") + moved.error().text,
         no_space ? log_event::destaging_waits : log_event::destaging_stopped);
  return false;
}

// In the log once, in the status for as long as it lasts.
void destaging::tell(const std::string& what, log_event event) {
  const std::string told = "destaging " + what;
  trouble_.with([&](std::string& t) { t = told; });
  log_error(core_.sentence(told), event, core_.subject());
}

void destaging::back() {
  const std::lock_guard lock(turn_);
  if (stopped_ || destager_.destaged() <= core_.log().backed()) return;
  const auto backed = destager_.sync();
  if (backed) return tell_once(core_, backing_told_, core_.log().save_backed(*backed));
  stopped_ = true;
  tell("stopped: " + backed.error().text, log_event::destaging_stopped);
}

void destaging::trim(sequence limit) {
  limit = std::min(limit, core_.log().backed());
  if (limit <= core_.log().trimmed()) return;
  tell_once(core_, trim_told_, core_.log().trim(limit));
  check_watermarks();
}

// Not where the peer has to take records first: that may be long.
journal_room destaging::room(sequence freed_by_us) const {
  const auto& log = core_.log();
  if (stopped_ || waits_) return {log.trimmed(), false};
  return {log.trimmed(), log.backed() < std::min(core_.shown(), freed_by_us)};
}

std::string destaging::trouble() const {
  return trouble_.with([](const std::string& t) { return t; });
}

void tell_once(const member_core& of, std::string& told, const std::string& now) {
  if (now == told) return;
  told = now;
  if (!now.empty()) log_error(of.sentence(now), log_event::none, of.subject());
}

}  // namespace cairn

#include <cerrno>

#include "base/invariant.h"
#include "journal/journal_on_disk.h"

namespace cairn {

sequence journal_on_disk::assigned() const {
  const std::lock_guard lock(append_mutex_);
  return assigned_;
}
sequence journal_on_disk::finished() const {
  const std::lock_guard lock(append_mutex_);
  return sequence(finished_.reached());
}
sequence journal_on_disk::durable() const {
  const std::lock_guard lock(append_mutex_);
  return durable_;
}
sequence journal_on_disk::trimmed() const {
  const std::lock_guard lock(append_mutex_);
  return trimmed_;
}
sequence journal_on_disk::backed() const {
  const std::lock_guard lock(append_mutex_);
  return backed_;
}

sync_point journal_on_disk::begin_sync() {
  const std::lock_guard lock(append_mutex_);
  return begin_sync_locked();
}

sync_point journal_on_disk::begin_sync_locked() {
  // What comes next must not share a block with what this sync covers: a torn block would take
  // bytes with it that were called durable.
  fresh_block_ = true;
  return {assigned_.value, cuts_};
}

bool journal_on_disk::ready(sync_point point) const {
  const std::lock_guard lock(append_mutex_);
  return ready_locked(point);
}

bool journal_on_disk::ready_locked(sync_point point) const {
  return point.cuts != cuts_ || finished_.reached() >= point.boundary;
}

result<void> journal_on_disk::complete_sync(sync_point point) {
  const std::lock_guard alone(sync_mutex_);
  return complete_sync_alone(point);
}

result<void> journal_on_disk::complete_sync_alone(sync_point point) {
  CAIRN_TRY(accepting());
  std::vector<segment_ptr> to_sync;
  std::optional<zeroes_ahead::run> zeroes;
  {
    const std::lock_guard lock(append_mutex_);
    if (point.cuts != cuts_ || durable_.value >= point.boundary) return {};
    CAIRN_INVARIANT("I7", ready_locked(point),
                    "a sync up to " + std::to_string(point.boundary) + " while only " +
                        std::to_string(finished_.reached()) + " have finished");
    for (const auto& each : undurable_)
      if (contents_.at(each->head.number).first.value <= point.boundary) to_sync.push_back(each);
    if (open_) zeroes = zeroes_.begin(open_, position_);
  }
  if (zeroes) write_zeroes(*zeroes);
  for (const auto& each : to_sync) {
    if (auto synced = syncs_.sync(*each->store); !synced) {
      fail_journal(synced.error().text);
      return synced;
    }
  }
  became_durable(sequence(point.boundary));
  return accepting();
}

// Only saves time: what could not be written is noticed by the sync behind it, or by the append.
void journal_on_disk::write_zeroes(const zeroes_ahead::run& due) {
  if (due.in->store->write_zeroes(due.range)) due.in->written_to = due.range.end();
  const std::lock_guard lock(append_mutex_);
  zeroes_.end();
  if (waiting_ > 0) advanced_.notify_all();
}

void journal_on_disk::await_zeroes_locked(std::unique_lock<std::mutex>& lock, std::uint64_t need) {
  const auto clear = [&] {
    const auto upto = align_up(position_, sync_block_bytes) + need;
    return failed_ || !open_ || !zeroes_.in_the_way(*open_, upto);
  };
  if (clear()) return;
  ++waiting_;
  advanced_.wait(lock, clear);
  --waiting_;
}

void journal_on_disk::became_durable(sequence boundary) {
  const std::lock_guard lock(append_mutex_);
  durable_ = boundary;
  const auto settled = [&](const segment_ptr& s) {
    return s != open_ && contents_.at(s->head.number).last <= durable_;
  };
  while (!undurable_.empty() && settled(undurable_.front())) undurable_.pop_front();
}

result<void> journal_on_disk::sync() {
  const auto mine = assigned();
  const std::lock_guard alone(sync_mutex_);
  if (durable() >= mine) return accepting();  // somebody else's sync covered it
  // A new cut also covers everybody who is waiting for the lock.
  sync_point point;
  {
    std::unique_lock lock(append_mutex_);
    point = begin_sync_locked();
    ++waiting_;
    advanced_.wait(lock, [&] { return failed_ || ready_locked(point); });
    --waiting_;
  }
  return complete_sync_alone(point);
}

}  // namespace cairn

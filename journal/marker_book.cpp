#include "journal/marker_book.h"

namespace cairn {

void marker_book::enter(const record& what, const marker_body& body) {
  const std::lock_guard lock(mutex_);
  if (what.kind == record_kind::marker) {
    entries_[what.seq] = {{body, what.seq, {}, false}, {}};
    by_id_[body.marker] = what.seq;
    changed_.insert(what.seq);
    return;
  }
  const auto named = by_id_.find(body.marker);
  if (named == by_id_.end()) return;
  auto& entry = entries_.at(named->second);
  if (what.kind == record_kind::seal) entry.shown.seal_at = what.seq;
  if (what.kind == record_kind::void_) {
    entry.shown.voided = true;
    entry.void_at = what.seq;
  }
  changed_.insert(named->second);
}

void marker_book::load(const std::vector<marker_entry>& entries) {
  const std::lock_guard lock(mutex_);
  for (const auto& each : entries) {
    entries_[each.shown.at] = each;
    by_id_[each.shown.body.marker] = each.shown.at;
  }
}

std::vector<marker_row> marker_book::from(sequence at_least) const {
  const std::lock_guard lock(mutex_);
  std::vector<marker_row> out;
  for (auto at = entries_.lower_bound(at_least); at != entries_.end(); ++at)
    out.push_back(at->second.shown);
  return out;
}

std::optional<marker_row> marker_book::find(marker_id id) const {
  const std::lock_guard lock(mutex_);
  const auto named = by_id_.find(id);
  if (named == by_id_.end()) return std::nullopt;
  return entries_.at(named->second).shown;
}

std::optional<marker_row> marker_book::newest() const {
  const std::lock_guard lock(mutex_);
  if (entries_.empty()) return std::nullopt;
  return entries_.rbegin()->second.shown;
}

std::vector<marker_body> marker_book::unsealed() const {
  const std::lock_guard lock(mutex_);
  std::vector<marker_body> out;
  for (const auto& [at, entry] : entries_)
    if (!entry.shown.seal_at && !entry.shown.voided) out.push_back(entry.shown.body);
  return out;
}

std::vector<marker_entry> marker_book::take_changed() {
  const std::lock_guard lock(mutex_);
  std::vector<marker_entry> out;
  for (const auto at : changed_) out.push_back(entries_.at(at));
  changed_.clear();
  return out;
}

void marker_book::give_back(const std::vector<marker_entry>& entries) {
  const std::lock_guard lock(mutex_);
  for (const auto& each : entries)
    if (entries_.contains(each.shown.at)) changed_.insert(each.shown.at);
}

void marker_book::cut_behind(sequence last) {
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.upper_bound(last); at != entries_.end(); at = entries_.erase(at)) {
    by_id_.erase(at->second.shown.body.marker);
    changed_.erase(at->first);
  }
  for (auto& [at, entry] : entries_) {
    if (entry.shown.seal_at > last) entry.shown.seal_at = {};
    if (entry.void_at > last) {
      entry.void_at = {};
      entry.shown.voided = false;
    }
  }
}

std::vector<sequence> marker_book::trim(sequence trimmed, sequence target) {
  const std::lock_guard lock(mutex_);
  std::vector<sequence> gone;
  for (auto at = entries_.begin(); at != entries_.end();) {
    // One that is not durable yet may be lost: it can't stand in for the last one that goes.
    const auto behind = std::next(at);
    if (behind == entries_.end() || behind->first > trimmed) break;
    if (target && at->first >= target) break;
    by_id_.erase(at->second.shown.body.marker);
    changed_.erase(at->first);
    gone.push_back(at->first);
    at = entries_.erase(at);
  }
  return gone;
}

}  // namespace cairn

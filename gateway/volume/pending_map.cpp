#include "gateway/volume/pending_map.h"

#include <algorithm>

namespace cairn {

pending_map::tree::const_iterator pending_map::first_overlapping(std::uint64_t offset) const {
  auto it = nodes_.upper_bound(offset);
  if (it != nodes_.begin() && std::prev(it)->second.end > offset) --it;
  return it;
}

// Makes `offset` a border between nodes.
void pending_map::split(std::uint64_t offset) {
  auto it = nodes_.upper_bound(offset);
  if (it == nodes_.begin()) return;
  --it;
  if (it->first == offset || it->second.end <= offset) return;
  node right = it->second;
  right.skip += offset - it->first;
  it->second.end = offset;
  nodes_.emplace_hint(std::next(it), offset, right);
}

void pending_map::insert(const record& r, const record_place& at) {
  const auto begin = r.range.offset, end = r.range.end();
  const bool zero = r.kind == record_kind::zero || r.kind == record_kind::trim;
  const auto near = nodes_.upper_bound(begin);
  const auto before = near == nodes_.begin() ? nodes_.end() : std::prev(near);
  const bool free_before = before == nodes_.end() || before->second.end <= begin;
  const bool free_behind = near == nodes_.end() || near->first >= end;
  const node whole{end, r.seq, zero, at, 0};
  if (free_before && free_behind) {
    nodes_.emplace_hint(near, begin, whole);
  } else if (!free_before && before->first == begin && before->second.end == end) {
    if (before->second.seq < r.seq) before->second = whole;
  } else {
    insert_over(r, whole);
  }
}

// The bytes of `whole` that no newer record has taken.
void pending_map::insert_over(const record& r, const node& whole) {
  const auto begin = r.range.offset, end = r.range.end();
  split(begin);
  split(end);
  std::vector<byte_range> bare;
  std::uint64_t open = begin;  // [open, …) is not yet known to have newer bytes
  for (auto it = nodes_.lower_bound(begin); it != nodes_.end() && it->first < end;) {
    if (it->second.seq < r.seq) {
      it = nodes_.erase(it);
      continue;
    }
    if (open < it->first) bare.push_back({open, it->first - open});
    open = it->second.end;
    ++it;
  }
  if (open < end) bare.push_back({open, end - open});
  for (const auto& each : bare)
    nodes_[each.offset] = node{each.end(), r.seq, whole.zero, whole.at, each.offset - begin};
}

std::vector<pending_extent> pending_map::lookup(byte_range range) const {
  std::vector<pending_extent> found;
  for (auto it = first_overlapping(range.offset); it != nodes_.end() && it->first < range.end();
       ++it) {
    const auto from = std::max(it->first, range.offset);
    const auto to = std::min(it->second.end, range.end());
    if (from >= to) continue;
    const node& n = it->second;
    found.push_back({{from, to - from}, n.seq, n.zero, n.at, n.skip + (from - it->first)});
  }
  return found;
}

void pending_map::erase(byte_range range, sequence seq) {
  auto it = nodes_.lower_bound(range.offset);
  while (it != nodes_.end() && it->first < range.end())
    it = it->second.seq == seq ? nodes_.erase(it) : std::next(it);
}

std::vector<pending_extent> pending_map::all() const {
  std::vector<pending_extent> out;
  out.reserve(nodes_.size());
  for (const auto& [offset, n] : nodes_)
    out.push_back({{offset, n.end - offset}, n.seq, n.zero, n.at, n.skip});
  return out;
}

}  // namespace cairn

#include "tests/support/virtual_node.h"

#include <algorithm>

namespace cairn {

// What the disk has of a block that is about to become dirty.
virtual_node::dirty_block virtual_node::first_touched(std::uint64_t block) {
  dirty_block was;
  if (auto lost = unwritten_.extract(block)) {
    was.synced = std::move(lost.mapped());
    return was;
  }
  const auto start = std::min<std::uint64_t>(block * block_bytes, now_.size());
  const auto n = std::min<std::uint64_t>(block_bytes, now_.size() - start);
  was.synced.resize(block_bytes);
  std::copy_n(now_.begin() + static_cast<std::ptrdiff_t>(start), n, was.synced.begin());
  return was;
}

void virtual_node::remember(byte_range range) {
  if (range.empty()) return;
  for (auto block = range.offset / block_bytes; block * block_bytes < range.end(); ++block) {
    auto it = dirty_.find(block);
    if (it == dirty_.end()) it = dirty_.emplace(block, first_touched(block)).first;
    auto& was = it->second;
    const auto from = std::max(range.offset, block * block_bytes) - block * block_bytes;
    const auto to = std::min(range.end() - block * block_bytes, block_bytes);
    for (auto sector = from / sector_bytes; sector * sector_bytes < to; ++sector)
      was.written |= static_cast<std::uint8_t>(1U << sector);
  }
}

void virtual_node::write(byte_view what, std::uint64_t offset) {
  remember({offset, what.size()});
  if (now_.size() < offset + what.size()) now_.resize(offset + what.size());
  std::copy(what.begin(), what.end(), now_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void virtual_node::resize(std::uint64_t size) {
  if (size < now_.size()) remember({size, now_.size() - size});
  now_.resize(size);
}

void virtual_node::sync() {
  dirty_.clear();
  synced_size_ = now_.size();
  name_synced = true;
}

void virtual_node::fail_sync() {
  for (auto& [block, was] : dirty_) unwritten_[block] = std::move(was.synced);
  dirty_.clear();
}

void virtual_node::forget_cached(byte_range range) {
  const auto first = unwritten_.lower_bound(range.offset / block_bytes);
  const auto end = unwritten_.lower_bound((range.end() + block_bytes - 1) / block_bytes);
  for (auto it = first; it != end; it = unwritten_.erase(it)) {
    const auto at = std::min<std::uint64_t>(it->first * block_bytes, now_.size());
    const auto n = std::min<std::uint64_t>(block_bytes, now_.size() - at);
    std::copy_n(it->second.begin(), n, now_.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void virtual_node::flip_bit(std::uint64_t offset, unsigned bit) {
  const auto mask = static_cast<std::byte>(1U << bit);
  if (offset < now_.size()) now_[offset] ^= mask;
  if (const auto old = dirty_.find(offset / block_bytes); old != dirty_.end())
    old->second.synced[offset % block_bytes] ^= mask;
  if (const auto old = unwritten_.find(offset / block_bytes); old != unwritten_.end())
    old->second[offset % block_bytes] ^= mask;
}

namespace {

constexpr std::uint64_t nothing_arrived = 0, all_arrived = 1;  // else each block has its own fate

}  // namespace

void virtual_node::power_cut(random_source& random) {
  forget_cached({0, now_.size()});
  const auto mood = random.number() % 8;
  const bool new_size =
      now_.size() != synced_size_ && mood != nothing_arrived && random.number() % 2 == 0;
  now_.resize(std::max<std::uint64_t>(now_.size(), synced_size_));
  if (mood != all_arrived)
    for (const auto& [block, was] : dirty_) lose(block, was, mood, random);
  if (!new_size) now_.resize(synced_size_);
  locked = false;
  sync();
}

void virtual_node::lose(std::uint64_t block, const dirty_block& was, std::uint64_t mood,
                        random_source& random) {
  const auto fate = random.number();
  const bool torn = fate % 8 == 0;
  for (std::uint64_t at = 0; at < block_bytes; at += sector_bytes) {
    const auto offset = block * block_bytes + at;
    const auto sector = at / sector_bytes;
    const bool arrived = torn ? (fate >> (8 + sector)) % 2 == 0 : fate % 2 == 0;
    if ((mood != nothing_arrived && arrived) || offset >= now_.size()) continue;
    const auto n = std::min<std::uint64_t>(sector_bytes, now_.size() - offset);
    const bool exposed = tears == tearing::spoils_blocks ||
                         (tears == tearing::spoils_written && (was.written >> sector & 1U) != 0);
    if (torn && exposed && mood != nothing_arrived)
      random.fill(byte_span(now_).subspan(offset, n));
    else
      std::copy_n(was.synced.begin() + static_cast<std::ptrdiff_t>(at), n,
                  now_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
}

}  // namespace cairn

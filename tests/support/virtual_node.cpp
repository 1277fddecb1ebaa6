#include "tests/support/virtual_node.h"

#include <algorithm>

namespace cairn {

void virtual_node::remember(byte_range range) {
  if (range.empty()) return;
  for (auto block = range.offset / block_bytes; block * block_bytes < range.end(); ++block) {
    if (synced_blocks_.contains(block)) continue;
    bytes before(block_bytes);
    const auto start = std::min<std::uint64_t>(block * block_bytes, now_.size());
    const auto n = std::min<std::uint64_t>(block_bytes, now_.size() - start);
    std::copy_n(now_.begin() + static_cast<std::ptrdiff_t>(start), n, before.begin());
    synced_blocks_.emplace(block, std::move(before));
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
  synced_blocks_.clear();
  synced_size_ = now_.size();
  name_synced = true;
}

void virtual_node::flip_bit(std::uint64_t offset, unsigned bit) {
  const auto mask = static_cast<std::byte>(1U << bit);
  if (offset < now_.size()) now_[offset] ^= mask;
  if (const auto old = synced_blocks_.find(offset / block_bytes); old != synced_blocks_.end())
    old->second[offset % block_bytes] ^= mask;
}

void virtual_node::power_cut(random_source& random) {
  // 0: nothing of the unsynced blocks arrived, 1: all of it, else each block has its own fate.
  const auto mood = random.number() % 8;
  const bool new_size = now_.size() != synced_size_ && mood != 0 && random.number() % 2 == 0;
  now_.resize(std::max<std::uint64_t>(now_.size(), synced_size_));
  for (const auto& [block, before] : synced_blocks_) {
    const auto fate = random.number();
    for (std::uint64_t at = 0; at < block_bytes; at += sector_bytes) {
      const auto offset = block * block_bytes + at;
      const bool torn = fate % 8 == 0;
      const bool arrived = torn ? (fate >> (8 + at / sector_bytes)) % 2 == 0 : fate % 2 == 0;
      if (mood == 1 || (mood != 0 && arrived) || offset >= now_.size()) continue;
      const auto n = std::min<std::uint64_t>(sector_bytes, now_.size() - offset);
      if (torn && harsh_tears && mood != 0) {
        random.fill(byte_span(now_).subspan(offset, n));
        continue;
      }
      std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(at), n,
                  now_.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }
  if (!new_size) now_.resize(synced_size_);
  locked = false;
  sync();
}

}  // namespace cairn

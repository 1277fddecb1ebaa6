#include "tests/crash/volume_images.h"

#include <algorithm>

namespace cairn {

void volume_images::enter(const change& c) {
  auto& to = all_[c.volume];
  for (auto at = c.range.offset; at < c.range.end(); at += sector_bytes) {
    auto& newest = to.newest[at / sector_bytes];
    if (newest > c.seq) continue;
    newest = c.seq;
    const auto sector = byte_span(to.content).subspan(at, sector_bytes);
    if (c.kind == record_kind::write)
      std::ranges::copy(byte_view(c.content).subspan(at - c.range.offset, sector_bytes),
                        sector.begin());
    else
      std::ranges::fill(sector, std::byte{0});
  }
}

std::string volume_images::difference(std::size_t volume, std::uint64_t offset,
                                      byte_view got) const {
  const auto& want = all_[volume];
  const auto there = byte_view(want.content).subspan(offset, got.size());
  const auto at = std::ranges::mismatch(got, there).in1;
  if (at == got.end()) return {};
  const auto byte = offset + static_cast<std::uint64_t>(at - got.begin());
  return "volume " + std::to_string(volume) + " byte " + std::to_string(byte) +
         " is not that of record " + std::to_string(want.newest[byte / sector_bytes].value);
}

}  // namespace cairn

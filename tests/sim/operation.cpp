#include "tests/sim/operation.h"

#include <algorithm>

namespace cairn::sim {
namespace {

std::uint64_t word(op_id op, std::size_t volume, std::uint64_t sector, std::size_t at) {
  return at == 0 ? op : op * 0x9e3779b97f4a7c15 + sector * 0xc2b2ae3d27d4eb4f + volume * 131 + at;
}

constexpr std::size_t words = sector_bytes / 8;

}  // namespace

void fill_sector(byte_span out, op_id op, std::size_t volume, std::uint64_t sector) {
  for (std::size_t i = 0; i < words; ++i) store_le(out, i * 8, word(op, volume, sector, i));
}

bool is_sector_of(byte_view in, op_id op, std::size_t volume, std::uint64_t sector) {
  for (std::size_t i = 0; i < words; ++i)
    if (load_le<std::uint64_t>(in, i * 8) != (op == 0 ? 0 : word(op, volume, sector, i)))
      return false;
  return true;
}

bytes content_of(const operation& op) {
  bytes out(op.range.length);
  for (std::uint64_t at = 0; at < op.range.length; at += sector_bytes)
    fill_sector(byte_span(out).subspan(at, sector_bytes), op.id, op.volume,
                (op.range.offset + at) / sector_bytes);
  return out;
}

op_id claimed_by(byte_view sector) { return static_cast<op_id>(load_le<std::uint64_t>(sector, 0)); }

}  // namespace cairn::sim

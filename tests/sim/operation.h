// What hosts ask for, and how the bytes of a write tell which write they are.
#pragma once
#include <bitset>
#include <cstdint>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/number.h"
#include "replication/record.h"

namespace cairn::sim {

using op_id = std::uint32_t;  // from 1; 0: nobody's (zeroes that were there at the start)
inline constexpr std::size_t ops_max = 1024;
using op_set = std::bitset<ops_max>;
inline constexpr std::size_t sector_bytes = 512;

// A host's write, zero or trim.
struct operation {
  op_id id = 0;
  std::size_t gateway = 0;
  std::size_t volume = 0;  // index in its member, from 0
  record_kind kind = record_kind::write;
  byte_range range;
  op_set after;  // what its host knew of when it issued it: acknowledged to it, or read by it
  sequence seq;
  bool acknowledged = false;
  bool promised = false;  // FUA, or a FLUSH behind it, was acknowledged
  bool lost = false;      // with its primary's power: as if never written
};

// Content is a function of (write, volume, sector), so that any image can be read.
void fill_sector(byte_span out, op_id op, std::size_t volume, std::uint64_t sector);
bool is_sector_of(byte_view in, op_id op, std::size_t volume, std::uint64_t sector);
bytes content_of(const operation& op);
// The write that a sector claims to be of; for messages.
op_id claimed_by(byte_view sector);

}  // namespace cairn::sim

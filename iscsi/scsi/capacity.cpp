#include "iscsi/scsi/capacity.h"

#include <algorithm>

#include "base/big_endian.h"

namespace cairn::scsi {

decision read_capacity_10(const cdb& command, const geometry& volume) {
  const field_reader in(command);
  const bool partial = in.bit(8, 0);
  if (!partial && in.u32(2) != 0) return refused_cdb(2);
  bytes out;
  // All ones: ask READ CAPACITY(16).
  field_writer(out)
      .u32(std::min<std::uint64_t>(volume.blocks() - 1, 0xffffffff))
      .u32(volume.block_bytes);
  return done(answered(std::move(out), 8));
}

decision read_capacity_16(const cdb& command, const geometry& volume) {
  const field_reader in(command);
  const bool partial = in.bit(14, 0);
  if (!partial && in.u64(2) != 0) return refused_cdb(2);
  constexpr std::uint16_t thin_and_reads_zeroes = 0xc000;  // LBPME, LBPRZ
  bytes out;
  field_writer(out)
      .u64(volume.blocks() - 1)
      .u32(volume.block_bytes)
      .zero(2)
      .u16(thin_and_reads_zeroes)
      .zero(16);
  return done(answered(std::move(out), in.u32(10)));
}

}  // namespace cairn::scsi

// The size of a volume as initiators count it, and how much they may ask for at once.
#pragma once
#include <cstdint>

namespace cairn::scsi {

struct geometry {
  std::uint64_t size_bytes = 0;
  std::uint32_t block_bytes = 512;

  std::uint64_t blocks() const { return size_bytes / block_bytes; }
  // Volumes take any block as a whole, but cheaply only those of 4096 bytes: that is the
  // granularity in VPD page B0. The physical block is the logical one, nothing larger is ever torn.
  std::uint32_t blocks_per_granule() const { return block_bytes < 4096 ? 4096 / block_bytes : 1; }
};

// Bounds the memory and the time of one command; initiators read them in VPD page B0.
inline constexpr std::uint64_t transfer_bytes_max = 32U << 20;
inline constexpr std::uint64_t optimal_transfer_bytes = 1U << 20;
inline constexpr std::uint64_t write_same_blocks_max = 1U << 16;
inline constexpr std::uint64_t compare_blocks_max = 255;
inline constexpr std::uint64_t unmap_blocks_max = 1U << 20;
inline constexpr std::uint64_t unmap_descriptors_max = 256;
inline constexpr std::uint64_t status_extents_max = 64;

}  // namespace cairn::scsi

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by isa-l.
#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace cairn {

// Checksum of `data`; `so_far` is the result for the bytes before it (0 for none), so that
// crc32c(b, crc32c(a)) == crc32c(a followed by b).
std::uint32_t crc32c(byte_view data, std::uint32_t so_far = 0);

}  // namespace cairn

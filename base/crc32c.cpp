#include "base/crc32c.h"

#include <isa-l/crc.h>

namespace cairn {

std::uint32_t crc32c(byte_view data, std::uint32_t so_far) {
  // isa-l takes a non-const pointer, an int length, and leaves the final inversion to the caller.
  std::uint32_t crc = ~so_far;
  constexpr std::size_t most = 1U << 30;
  while (!data.empty()) {
    const auto part = data.first(data.size() < most ? data.size() : most);
    auto* p = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(part.data()));
    crc = crc32_iscsi(p, static_cast<int>(part.size()), crc);
    data = data.subspan(part.size());
  }
  return ~crc;
}

}  // namespace cairn

// A stretch of a volume or a file: [offset, offset + length), in bytes.
#pragma once
#include <cstdint>

namespace cairn {

struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  constexpr std::uint64_t end() const { return offset + length; }
  constexpr bool empty() const { return length == 0; }
  // Whether it lies in [0, size); false, too, where offset + length would wrap.
  constexpr bool within(std::uint64_t size) const {
    return offset <= size && length <= size - offset;
  }
  friend constexpr bool operator==(byte_range, byte_range) = default;
};

}  // namespace cairn

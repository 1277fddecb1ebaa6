#include "storage/disk.h"

#include <algorithm>

namespace cairn {

result<void> file::allocate(std::uint64_t size) {
  const bytes zeroes(std::min<std::uint64_t>(size, 1U << 20));
  std::vector<iovec> parts;
  for (auto left = size; left > 0;) {
    const auto n = std::min<std::uint64_t>(left, zeroes.size());
    parts.push_back({const_cast<std::byte*>(zeroes.data()), n});
    left -= n;
  }
  return write(std::span<const iovec>(parts), 0);
}

}  // namespace cairn

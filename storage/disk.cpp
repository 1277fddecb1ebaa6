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

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace cairn

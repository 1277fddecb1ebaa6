#include "storage/disk.h"

#include <algorithm>
#include <array>

namespace cairn {

result<void> file::allocate(std::uint64_t size) { return write_zeroes({0, size}); }

result<void> file::write_zeroes(byte_range range) {
  static const std::array<std::byte, 64U << 10> zeroes{};
  constexpr std::size_t parts_max = 256;  // for one write, so that the list stays short
  while (!range.empty()) {
    std::vector<iovec> parts;
    std::uint64_t n = 0;
    while (n < range.length && parts.size() < parts_max) {
      const auto length = std::min<std::uint64_t>(range.length - n, zeroes.size());
      parts.push_back({const_cast<std::byte*>(zeroes.data()), length});
      n += length;
    }
    CAIRN_TRY(write(parts, range.offset));
    range = {range.offset + n, range.length - n};
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace cairn

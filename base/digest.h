// A digest of 128 bits, by which two ends compare what they hold without sending it.
#pragma once
#include <array>
#include <cstddef>

namespace cairn {

using digest = std::array<std::byte, 16>;

}  // namespace cairn

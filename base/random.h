// Randomness as an interface, so that the simulator's runs can be repeated.
#pragma once
#include <cstdint>

#include "base/bytes.h"
#include "base/uuid.h"

namespace cairn {

class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(byte_span out) = 0;

  std::uint64_t number() {
    std::byte b[8];
    fill(b);
    return load_le<std::uint64_t>(b, 0);
  }
  uuid make_uuid() {
    std::array<std::byte, 16> octets;
    fill(octets);
    return uuid::from_random(octets);
  }
};

// getrandom(2). Thread-safe.
random_source& system_random();

}  // namespace cairn

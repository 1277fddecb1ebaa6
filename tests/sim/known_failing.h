// What the product does wrong today and the simulator can show. Each is an ordeal that no seed has
// by itself; `cairn-sim --known-failing NAME` runs it and must fail, until it is mended: then its
// entry goes, and the ordeal moves among those that every run has.
#pragma once
#include <cstdint>
#include <span>

#include "tests/sim/ordeal.h"

namespace cairn::sim {

struct known_failure {
  ordeal what;
  std::uint64_t seed;    // that shows it; where it no longer does, a later one may
  const char* rule;      // that it breaks
  const char* sentence;  // what goes wrong
  const char* says;      // words in what the simulator says
};

inline constexpr std::uint64_t known_failing_tries = 30;  // seeds from the first on

std::span<const known_failure> known_failures();

}  // namespace cairn::sim

// How many seeds a crash test runs, and how it says which one failed, by an assertion of the test
// or by one of the product, which ends the process.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>

namespace cairn {

struct seed_counts {
  std::uint64_t usual = 0;
  std::uint64_t full = 0;  // with CAIRN_FULL=1
};

// Calls run(seed) for each seed until one fails; returns how many there were. CAIRN_POWER_SEED:
// this one alone; CAIRN_POWER_SEEDS: so many, whatever `counts` says.
std::uint64_t for_each_seed(seed_counts counts, const std::function<void(std::uint64_t)>& run);

}  // namespace cairn

// How many seeds a crash test runs, and how it says which one failed.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace cairn {

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Calls run(seed) for each seed until one fails.
template <class F>
void for_each_seed(std::uint64_t count, F&& run) {
  const auto only = from_environment("CAIRN_POWER_SEED", 0);
  const auto last = only != 0 ? only : from_environment("CAIRN_POWER_SEEDS", count);
  for (auto seed = only != 0 ? only : 1; seed <= last; ++seed) {
    SCOPED_TRACE("CAIRN_POWER_SEED=" + std::to_string(seed));
    run(seed);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace cairn

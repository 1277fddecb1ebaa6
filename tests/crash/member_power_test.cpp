// A member, with its volumes, its journal and its backing files, loses power thousands of times.
#include <gtest/gtest.h>

#include "tests/crash/member_lives.h"
#include "tests/crash/power_seeds.h"

namespace cairn {
namespace {

constexpr int lives = 25;
constexpr seed_counts counts{250, 2500};  // for each role; 20 cuts a seed and more

void print(const cut_counts& c) {
  std::printf(
      "%lu cuts, %lu kills (%lu of both in starts), %lu changes lost, %lu things amid others, "
      "%lu segments used again, %lu images compared, %lu seals, %lu applied, %lu truncations, "
      "%lu promotions\n",
      c.cuts, c.kills, c.in_starts, c.lost, c.nested, c.recycled, c.compared, c.sealed, c.applied,
      c.truncations, c.promotions);
}

// A test that meets none of these shows nothing; one seed alone need not.
void expect_met(const cut_counts& c, std::uint64_t seeds) {
  print(c);
  if (seeds == 1) return;
  EXPECT_GT(c.cuts, 20 * seeds);
  EXPECT_GT(c.kills, 0u);
  EXPECT_GT(c.in_starts, 0u);
  EXPECT_GT(c.lost, 0u);
  EXPECT_GT(c.nested, 0u);
  EXPECT_GT(c.recycled, 0u);
  EXPECT_GT(c.compared, 0u);
}

TEST(MemberPower, APrimaryLosesNothingThatWasFlushed) {
  cut_counts seen;
  const auto seeds = for_each_seed(
      counts, [&](std::uint64_t seed) { EXPECT_EQ(live_as_primary(seed, lives, seen), ""); });
  expect_met(seen, seeds);
}

TEST(MemberPower, ASecondaryKeepsWhatItStoredAndShowsItsMarker) {
  cut_counts seen;
  const auto seeds = for_each_seed(
      counts, [&](std::uint64_t seed) { EXPECT_EQ(live_as_secondary(seed, lives, seen), ""); });
  expect_met(seen, seeds);
  if (seeds == 1) return;
  EXPECT_GT(seen.applied, 0u);
  EXPECT_GT(seen.truncations, 0u);
  EXPECT_GT(seen.promotions, 0u);
}

}  // namespace
}  // namespace cairn

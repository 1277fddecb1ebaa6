#include "coordinator/marker_arrivals.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

marker_id marker(std::uint64_t n) { return {marker_number(n), epoch(1)}; }

TEST(marker_arrivals, AMarkerIsAsOldAsItsFirstSightAtAnyMemberNotAtTheLast) {
  marker_arrivals arrivals;
  arrivals.saw(marker(1), 100);
  arrivals.saw(marker(9), 200);  // one member; the others catch up an hour later
  arrivals.saw(marker(9), 3'600'000'000);
  ASSERT_TRUE(arrivals.of(marker(9)));
  EXPECT_EQ(arrivals.of(marker(9))->seen_us, 200u);
  EXPECT_EQ(arrivals.of(marker(5))->seen_us, 200u);
  EXPECT_FALSE(arrivals.of(marker(9))->at_least);
}

TEST(marker_arrivals, WhatWasThereAtTheFirstLookIsOlderThanThat) {
  marker_arrivals arrivals;
  arrivals.saw(marker(7), 100);
  EXPECT_TRUE(arrivals.of(marker(3))->at_least);
  EXPECT_TRUE(arrivals.of(marker(7))->at_least);
  EXPECT_FALSE(arrivals.of(marker(8)));
}

TEST(marker_arrivals, AMemberThatIsBehindTheOthersChangesNothing) {
  marker_arrivals arrivals;
  arrivals.saw(marker(1), 50);
  arrivals.saw(marker(7), 100);
  arrivals.saw(marker(5), 900);
  arrivals.saw({}, 901);
  EXPECT_EQ(arrivals.of(marker(6))->seen_us, 100u);
}

}  // namespace
}  // namespace cairn

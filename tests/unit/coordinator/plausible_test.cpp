#include "coordinator/plausible.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(plausible, UsualNumbersAreBelieved) {
  member_hello hello;
  hello.marker_epoch = epoch(7);
  hello.marker_last = marker_number(1'000'000'000'000);
  EXPECT_TRUE(plausible(hello));
  EXPECT_TRUE(plausible(status_request{}));
}

TEST(plausible, ANumberThatLeavesNoRoomAboveItIsNot) {
  const std::uint64_t huge = (1ULL << 63) - 1;
  member_hello hello;
  hello.marker_last = marker_number(huge);
  EXPECT_FALSE(plausible(hello));
  hello = {};
  hello.selection_epoch = epoch(huge);
  EXPECT_FALSE(plausible(hello));
  control_refusal refusal;
  refusal.highest_epoch = epoch(huge);
  EXPECT_FALSE(plausible(refusal));
}

}  // namespace
}  // namespace cairn

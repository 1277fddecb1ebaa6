#include "replication/hold.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using std::chrono::milliseconds;

constexpr epoch first_epoch(1);
const hold::time start{};

mark marker(std::uint64_t n, std::uint64_t e = 1) {
  return {{marker_number(n), epoch(e)}, {"a", "b"}, 50};
}

hold holding(std::uint64_t n, std::uint64_t at) {
  hold h(epoch(0), marker_number(0));
  h.begin(marker(n), start);
  h.inserted(marker(n).marker, sequence(at));
  return h;
}

TEST(hold, WithholdsWhatIsSequencedBehindTheMarkerOnly) {
  const auto h = holding(1, 10);
  EXPECT_FALSE(h.withheld(sequence(9)));
  EXPECT_TRUE(h.withheld(sequence(11)));
}

TEST(hold, WithholdsEverythingUntilTheMarkersPlaceIsKnown) {
  hold h(epoch(0), marker_number(0));
  h.begin(marker(1), start);
  EXPECT_TRUE(h.withheld(sequence(3)));
  EXPECT_TRUE(h.inserted(marker(1).marker, sequence(3)));
  EXPECT_FALSE(h.withheld(sequence(3)));
}

TEST(hold, MarkerWhoseLimitRanOutWhileItWasInsertedIsVoid) {
  hold h(epoch(0), marker_number(0));
  h.begin(marker(1), start);
  ASSERT_TRUE(h.on_time(start + milliseconds(50)));
  EXPECT_FALSE(h.inserted(marker(1).marker, sequence(3)));
}

TEST(hold, ReleaseSealsAMarkerHeldWithoutABreak) {
  auto h = holding(1, 10);
  const auto e =
      h.on_release({marker(1).marker, incarnation(4)}, incarnation(4), start + milliseconds(49));
  ASSERT_TRUE(e);
  EXPECT_TRUE(e->seal);
  EXPECT_FALSE(h.withheld(sequence(11)));
}

TEST(hold, ReleaseBehindTheLimitVoidsEvenIfNobodyNoticedTheLimit) {
  auto h = holding(1, 10);
  const auto e =
      h.on_release({marker(1).marker, incarnation(4)}, incarnation(4), start + milliseconds(50));
  ASSERT_TRUE(e);
  EXPECT_FALSE(e->seal);
}

TEST(hold, ReleaseForAnotherIncarnationIsIgnored) {
  auto h = holding(1, 10);
  EXPECT_FALSE(h.on_release({marker(1).marker, incarnation(3)}, incarnation(4), start));
  EXPECT_TRUE(h.withheld(sequence(11)));
}

TEST(hold, ReleaseForAnotherMarkerOrEpochIsIgnored) {
  auto h = holding(2, 10);
  EXPECT_FALSE(h.on_release({marker(1).marker, incarnation(4)}, incarnation(4), start));
  EXPECT_FALSE(h.on_release({{marker_number(2), epoch(2)}, incarnation(4)}, incarnation(4), start));
}

TEST(hold, ReleaseBehindTheLimitsVoidIsIgnored) {
  auto h = holding(1, 10);
  ASSERT_TRUE(h.on_time(start + milliseconds(50)));
  EXPECT_FALSE(h.on_release({marker(1).marker, incarnation(4)}, incarnation(4), start));
}

TEST(hold, MarkOfALowerEpochIsRefused) {
  hold h(epoch(3), marker_number(7));
  EXPECT_TRUE(h.refusal(marker(8, 2)));
  EXPECT_FALSE(h.refusal(marker(8, 3)));
}

TEST(hold, MarkNotAboveTheLastOneIsRefused) {
  hold h(first_epoch, marker_number(7));
  EXPECT_TRUE(h.refusal(marker(7)));
  EXPECT_FALSE(h.refusal(marker(8)));
}

TEST(hold, MarkWithOtherMembersInTheSameEpochIsRefused) {
  auto h = holding(1, 10);
  ASSERT_TRUE(h.on_abandon({marker(1).marker}, start));
  mark other = marker(2);
  other.members = {"a", "b", "c"};
  EXPECT_TRUE(h.refusal(other));
  other.marker.made_in = epoch(2);
  EXPECT_FALSE(h.refusal(other));
}

TEST(hold, MarkWhileAMarkerIsHeldIsRefused) {
  const auto h = holding(1, 10);
  EXPECT_TRUE(h.refusal(marker(2)));
}

}  // namespace
}  // namespace cairn

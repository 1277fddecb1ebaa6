#include "gateway/volume/background_pace.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using std::chrono::milliseconds;

const background_pace::time start{std::chrono::hours(1)};

journal_load pending(std::uint64_t records, std::uint64_t changes) {
  journal_load l;
  l.pending_records = records;
  l.changes = changes;
  return l;
}

TEST(BackgroundPace, DestagingWaitsWhileHostsAreBusyAndThereIsLittle) {
  background_pace pace;
  for (int ms = 0; ms < 4900; ms += 20)
    EXPECT_FALSE(pace.destage_due(pending(100, 100 + ms), start + milliseconds(ms))) << ms;
}

TEST(BackgroundPace, DestagingUsesTheFirstIdleMoment) {
  background_pace pace;
  EXPECT_FALSE(pace.destage_due(pending(5, 5), start));
  EXPECT_FALSE(
      pace.destage_due(pending(5, 5), start + background_pace::idle_after - milliseconds(1)));
  EXPECT_TRUE(pace.destage_due(pending(5, 5), start + background_pace::idle_after));
  EXPECT_FALSE(pace.destage_due(pending(0, 5), start + background_pace::idle_after * 2));
}

TEST(BackgroundPace, DestagingIsDueByAgeAmountAndWantOfSpace) {
  background_pace pace;
  EXPECT_FALSE(pace.destage_due(pending(1, 1), start));
  EXPECT_TRUE(pace.destage_due(pending(9, 9), start + background_pace::pending_age_max));
  EXPECT_FALSE(pace.destage_due(pending(1, 10), start + milliseconds(5001)));
  EXPECT_TRUE(pace.destage_due(pending(background_pace::pending_records_due, 11),
                               start + milliseconds(5002)));
  auto much = pending(1, 12);
  much.pending_bytes = background_pace::pending_bytes_due;
  EXPECT_TRUE(pace.destage_due(much, start + milliseconds(5003)));
  auto tight = pending(1, 13);
  tight.short_of_space = true;
  EXPECT_TRUE(pace.destage_due(tight, start + milliseconds(5004)));
}

TEST(BackgroundPace, SyncIsDueByAgeAndAmountAndNeverForNothing) {
  background_pace pace;
  journal_load l;
  EXPECT_FALSE(pace.sync_due(l, start));
  EXPECT_FALSE(pace.sync_due(l, start + std::chrono::hours(1)));
  l.undurable_records = 1;
  EXPECT_FALSE(pace.sync_due(l, start + std::chrono::hours(2)));
  EXPECT_TRUE(pace.sync_due(l, start + std::chrono::hours(2) + background_pace::undurable_age_max));
  l.undurable_bytes = background_pace::undurable_bytes_max;
  EXPECT_TRUE(pace.sync_due(l, start + std::chrono::hours(3)));
}

TEST(BackgroundPace, BackingFilesAreSyncedSoonerWhenTheJournalIsShortOfSpace) {
  background_pace pace;
  journal_load l;
  l.unbacked_records = 1;
  EXPECT_FALSE(pace.backing_due(l, start));
  EXPECT_FALSE(pace.backing_due(l, start + background_pace::unbacked_age_short));
  l.short_of_space = true;
  EXPECT_TRUE(pace.backing_due(l, start + background_pace::unbacked_age_short));
}

TEST(BackgroundPace, HostsAreSlowedDownEvenlyBetweenTheBounds) {
  using pace = background_pace;
  EXPECT_EQ(pace::delay(pace::pending_records_soft).count(), 0);
  std::chrono::microseconds before{0};
  for (auto n = pace::pending_records_soft; n <= pace::pending_records_max; n += 1024) {
    EXPECT_GE(pace::delay(n), before);
    before = pace::delay(n);
  }
  EXPECT_EQ(pace::delay(pace::pending_records_max * 2), pace::delay_max);
}

TEST(BackgroundPace, HostsAreSlowedDownByBytesAsTheSpaceAheadRunsOut) {
  using pace = background_pace;
  constexpr std::uint64_t wanted = 8U << 20, mib = 1U << 20;
  EXPECT_EQ(pace::delay({wanted / 2, wanted}, mib).count(), 0);
  std::chrono::microseconds before{0};
  for (auto left = wanted / 2; left > 0; left -= 4096) {
    EXPECT_GE(pace::delay({left, wanted}, mib), before);
    before = pace::delay({left, wanted}, mib);
  }
  EXPECT_EQ(pace::delay({0, wanted}, mib), pace::delay_max_per_mib);
  EXPECT_EQ(pace::delay({0, wanted}, mib / 256), pace::delay_max_per_mib / 256);
  EXPECT_EQ(pace::delay({0, wanted}, 64 * mib), pace::space_delay_max);
}

}  // namespace
}  // namespace cairn

// Each invariant that is asserted in code fires when it is broken.
#include "replication/watermarks.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

sequence s(std::uint64_t n) { return sequence(n); }

TEST(watermarks, InOrderTheyPass) {
  check(journal_watermarks{s(1), s(2), s(2), s(3), s(4), s(5)});
  check(peer_watermarks{s(1), s(1), s(2), s(3), s(3)});
  check(applied_watermarks{s(0), s(4), s(4), s(9)});
  check_destage(s(3), s(3));
  check_apply(s(3), s(3));
}

TEST(watermarks, DestagedBeyondDurableEndsTheProcess) {
  EXPECT_DEATH(check(journal_watermarks{s(1), s(1), s(4), s(3), s(4), s(5)}),
               "invariant I7 broken: destaged 4 is beyond durable 3");
}

TEST(watermarks, TrimmedBeyondThePeersStoredEndsTheProcess) {
  EXPECT_DEATH(check(peer_watermarks{s(5), s(4), s(6), s(6), s(6)}),
               "invariant I7 broken: trimmed 5 is beyond stored 4");
}

TEST(watermarks, AppliedBeyondSelectedEndsTheProcess) {
  EXPECT_DEATH(check(applied_watermarks{s(1), s(6), s(5), s(9)}),
               "invariant I7 broken: applied 6 is beyond selected 5");
}

TEST(watermarks, DestagingWhatIsNotDurableEndsTheProcess) {
  EXPECT_DEATH(check_destage(s(4), s(3)), "invariant I1 broken");
}

TEST(watermarks, ApplyingBeyondTheTargetEndsTheProcess) {
  EXPECT_DEATH(check_apply(s(4), s(3)), "invariant I5 broken");
}

TEST(watermarks, SealingAfterTheHoldLimitEndsTheProcess) {
  const std::chrono::steady_clock::time_point limit{std::chrono::seconds(5)};
  check_seal(limit - std::chrono::nanoseconds(1), limit);
  EXPECT_DEATH(check_seal(limit, limit), "invariant I11 broken");
}

}  // namespace
}  // namespace cairn

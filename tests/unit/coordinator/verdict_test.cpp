#include "coordinator/verdict.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

group_snapshot running(age_ms rpo) {
  group_snapshot s;
  s.up_ms = 60'000;
  s.rpo_target_ms = 5'000;
  s.rpo_now = rpo;
  return s;
}

TEST(verdict, WithinTheTargetIsFine) {
  auto s = running(1'200);
  judge(s);
  EXPECT_EQ(s.level, verdict_level::fine);
  EXPECT_EQ(s.verdict, "If this site were lost now, at most 1.2 s would be lost.");
}

TEST(verdict, BeyondTheTargetNamesWhoHoldsItBack) {
  auto s = running(7'000);
  s.holding = held_back{"m2", "its gateway can't be reached: refused", {}};
  judge(s);
  EXPECT_EQ(s.level, verdict_level::warning);
  EXPECT_EQ(s.verdict,
            "If this site were lost now, at most 7.0 s would be lost; the target is 5.0 s: m2: its "
            "gateway can't be reached: refused.");
}

TEST(verdict, FourTimesTheTargetIsSevere) {
  auto s = running(20'000);
  judge(s);
  EXPECT_EQ(s.level, verdict_level::severe);
}

TEST(verdict, AnAgeThatIsOnlyALowerBoundIsNeverCalledAtMost) {
  auto s = running(4'000);
  s.rpo_at_least = true;
  judge(s);
  EXPECT_NE(s.verdict.find("at least 4.0 s"), std::string::npos) << s.verdict;
}

TEST(verdict, NothingKnownIsNeverFine) {
  auto s = running({});
  judge(s);
  EXPECT_EQ(s.level, verdict_level::severe);
  s.up_ms = 500;
  judge(s);
  EXPECT_EQ(s.level, verdict_level::unknown);
}

group_snapshot not_destaging(member_role role) {
  auto s = running(1'200);
  s.members.resize(2);
  for (auto& m : s.members) m.fresh = m.connected = true;
  s.members[1].name = "m2";
  s.members[1].status = member_status{};
  s.members[1].status->role = role;
  s.members[1].status->destage_trouble = "destaging waits: pwritev v.img: No space left on device";
  return s;
}

TEST(verdict, APrimaryThatDoesNotDestageIsAWarningThatNamesIt) {
  auto s = not_destaging(member_role::primary);
  judge(s);
  EXPECT_EQ(s.level, verdict_level::warning);
  EXPECT_EQ(s.verdict,
            "If this site were lost now, at most 1.2 s would be lost. m2: destaging waits: pwritev "
            "v.img: No space left on device.");
  s.rpo_now = 20'000;
  s.holding = find_waiting_destaging(s);
  judge(s);
  EXPECT_EQ(s.level, verdict_level::severe) << "what is worse counts";
  EXPECT_EQ(s.verdict.find("destaging"), s.verdict.rfind("destaging")) << s.verdict;
}

TEST(verdict, ASecondaryThatDoesNotDestageIsSevereUntilItGoesOn) {
  auto s = not_destaging(member_role::secondary);
  judge(s);
  EXPECT_EQ(s.level, verdict_level::severe);
  s.members[1].status->destage_trouble.clear();
  judge(s);
  EXPECT_EQ(s.level, verdict_level::fine);
  EXPECT_FALSE(find_waiting_destaging(s));
}

TEST(verdict, AfterATakeoverThisSiteMustStillDestage) {
  auto s = not_destaging(member_role::primary);
  s.taken_over_at = marker_id{marker_number(7), epoch(1)};
  judge(s);
  EXPECT_EQ(s.level, verdict_level::warning);
}

// Young markers are of no use to a coordinator that can't decide to take over at one.
TEST(verdict, AStateThatCantBeWrittenIsAWarningAndSevereWhenThatIsForGood) {
  auto s = running(1'200);
  s.state_trouble = "the coordinator's state can't be written and is tried again: it is locked";
  s.holding = held_back{"", s.state_trouble, {}};
  judge(s);
  EXPECT_EQ(s.level, verdict_level::warning);
  EXPECT_EQ(s.verdict,
            "If this site were lost now, at most 1.2 s would be lost. The coordinator's state "
            "can't be written and is tried again: it is locked.");
  s.rpo_now = 7'000;
  s.state_failed = true;
  judge(s);
  EXPECT_EQ(s.level, verdict_level::severe);
  EXPECT_EQ(s.verdict.find("is locked"), s.verdict.rfind("is locked")) << s.verdict;
}

TEST(verdict, TheSameMemberHoldsBackSinceItBegan) {
  holdback_memory memory;
  std::optional<held_back> holding = held_back{"m1", "lacks 10 records", {}};
  memory.add_since(holding, 1'000'000);
  holding = held_back{"m1", "lacks 90 records", {}};
  memory.add_since(holding, 3'000'000);
  EXPECT_EQ(holding->since, 2'000u);
  holding = held_back{"m2", "lacks 90 records", {}};
  memory.add_since(holding, 4'000'000);
  EXPECT_EQ(holding->since, 0u);
}

TEST(verdict, DurationsAreShort) {
  EXPECT_EQ(duration_text(90), "0.1 s");
  EXPECT_EQ(duration_text(1'250), "1.3 s");
  EXPECT_EQ(duration_text(72'000), "72 s");
  EXPECT_EQ(duration_text(300'000), "5 min");
  EXPECT_EQ(duration_text(4 * 3'600'000), "4 h");
}

}  // namespace
}  // namespace cairn

// Both coordinators over real gateways: rounds, following, takeovers, restarts.
#include "tests/unit/coordinator/two_sites.h"

namespace cairn {
namespace {

TEST_F(two_sites, WhatWasWrittenBeforeAMarkerIsAppliedAtTheOtherSite) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  write(0, 'x', 0);
  write(1, 'y', 4096);
  const marker_id at = marker_now(a);
  ASSERT_TRUE(eventually([&] { return b.snapshot().applied.marker >= at; }))
      << b.snapshot().verdict;
  EXPECT_EQ(read(false, 0, 0), 'x');
  EXPECT_EQ(read(false, 1, 4096), 'y');
  EXPECT_TRUE(eventually([&] { return a.snapshot().stored.marker >= at; }));
  EXPECT_TRUE(eventually([&] { return a.snapshot().level == verdict_level::fine; }))
      << a.snapshot().verdict;
  EXPECT_TRUE(eventually([&] { return b.snapshot().level == verdict_level::fine; }))
      << b.snapshot().verdict;
}

TEST_F(two_sites, NothingBehindTheAppliedMarkerIsVisibleAtTheSecondary) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  const marker_id at = marker_now(a);
  ASSERT_TRUE(eventually([&] { return b.snapshot().applied.marker >= at; }));
  stop_coordinator(a);
  ASSERT_TRUE(eventually([&] {
    const auto s = b.snapshot();
    return s.applied.marker == s.stored.marker;
  }));
  write(0, 'z', 0);
  ASSERT_TRUE(eventually([&] {
    const auto s = member_of(true, 0).status();
    return s.stored == s.finished;
  }));
  EXPECT_EQ(read(false, 0, 0), '\0');
}

TEST_F(two_sites, ATakeoverAfterTheLossOfTheSiteIsAtTheNewestCommonMarker) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  write(0, 'x', 0);
  write(1, 'y', 0);
  const marker_id at = marker_now(a);
  ASSERT_TRUE(eventually([&] { return b.snapshot().stored.marker >= at; }));
  stop_coordinator(a);
  write(0, 'l', 8192);  // behind every marker: lost, and said to be
  for (std::size_t i = 0; i < members; ++i) stop_gateway(true, i);

  const auto plan = ended(b, b.plan_takeover({}));
  ASSERT_TRUE(plan.takeover) << plan.sentence;
  EXPECT_GE(plan.takeover->at, at);
  const auto done = ended(b, b.run_takeover({}));
  ASSERT_EQ(done.state, operation_state::done) << done.sentence;
  EXPECT_EQ(done.takeover->at, plan.takeover->at);
  for (std::size_t i = 0; i < members; ++i)
    EXPECT_TRUE(gateways_[false][i]->exports().front().facts().writable);
  EXPECT_EQ(read(false, 0, 0), 'x');
  EXPECT_EQ(read(false, 1, 0), 'y');
  EXPECT_EQ(read(false, 0, 8192), '\0');
  EXPECT_EQ(b.snapshot().taken_over_at, done.takeover->at);
}

TEST_F(two_sites, ATakeoverAskedForTwiceIsTheSameTakeover) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  stored_marker_now(a);
  stop_coordinator(a);
  const auto first = ended(b, b.run_takeover({}));
  ASSERT_EQ(first.state, operation_state::done) << first.sentence;
  stop_coordinator(b);
  auto& again = start_coordinator(config(false));
  const auto second = ended(again, again.run_takeover({}));
  ASSERT_EQ(second.state, operation_state::done) << second.sentence;
  EXPECT_EQ(second.takeover->lineage, first.takeover->lineage);
  EXPECT_EQ(second.takeover->at, first.takeover->at);
}

TEST_F(two_sites, ANewPaceIsTakenWhileTheCoordinatorRunsAndNewMembersAreNot) {
  auto c = config(true);
  auto& primary = start_coordinator(c);
  marker_now(primary);
  c.marker_interval = std::chrono::milliseconds(400);
  c.hold_limit = std::chrono::milliseconds(40);
  c.rpo_target = std::chrono::milliseconds(7000);
  c.members.pop_back();
  primary.reload(c);
  const auto s = primary.snapshot();
  EXPECT_EQ(s.interval_ms, 400U);
  EXPECT_EQ(s.hold_limit_ms, 40U);
  EXPECT_EQ(s.rpo_target_ms, 7000U);
  EXPECT_EQ(s.members.size(), members);
  marker_now(primary);
}

// It said that it took the new pace, and followed at the old one.
TEST_F(two_sites, ANewPaceIsTakenByASecondaryCoordinatorToo) {
  auto& primary = start_coordinator(config(true));
  auto c = config(false);
  c.marker_interval = std::chrono::hours(1);
  auto& secondary = start_coordinator(c);
  ASSERT_TRUE(eventually([&] { return secondary.snapshot().phase == "following"; }));
  const auto first = stored_marker_now(primary);
  EXPECT_EQ(secondary.snapshot().poll_ms, 1000U);
  c.marker_interval = std::chrono::milliseconds(200);
  secondary.reload(c);
  EXPECT_EQ(secondary.snapshot().poll_ms, 200U);
  for (const marker_id at : {first, stored_marker_now(primary)})
    EXPECT_TRUE(eventually([&] { return secondary.snapshot().applied.marker >= at; }))
        << secondary.snapshot().verdict;
}

TEST_F(two_sites, TheVerdictIsToldWithoutWaiting) {
  auto& primary = start_coordinator(config(true));
  stored_marker_now(primary);
  EXPECT_TRUE(eventually([&] { return primary.verdict().starts_with("If this site were lost"); }))
      << primary.verdict();
}

TEST_F(two_sites, ACoordinatorWithOneMemberTooFewSelectsNothing) {
  auto& a = start_coordinator(config(true));
  stored_marker_now(a);
  auto& b = start_coordinator(config(false, 1));
  const auto done = ended(b, b.run_takeover({}));
  EXPECT_EQ(done.failure, failure_kind::refused) << done.sentence;
  EXPECT_NE(done.sentence.find("another set of members"), std::string::npos) << done.sentence;
  EXPECT_FALSE(gateways_[false][0]->exports().front().facts().writable);
}

TEST_F(two_sites, AMarkerThatDoesNotExistIsNotFound) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  marker_now(a);
  const auto done = ended(b, b.plan_takeover(marker_number(1'000'000)));
  EXPECT_EQ(done.failure, failure_kind::not_found) << done.sentence;
}

TEST_F(two_sites, APrimaryCoordinatorThatStartsAgainGoesOnAboveItsLastNumber) {
  auto* a = &start_coordinator(config(true));
  const marker_id before = marker_now(*a);
  stop_coordinator(*a);
  a = &start_coordinator(config(true));
  const marker_id after = marker_now(*a);
  EXPECT_GT(after.number, before.number);
  EXPECT_GT(after.made_in, before.made_in);
}

TEST_F(two_sites, APrimaryCoordinatorWithAnOldStateReusesNoNumber) {
  auto* a = &start_coordinator(config(true));
  const marker_id before = marker_now(*a);
  stop_coordinator(*a);
  std::filesystem::remove_all(where_ / "site-a");
  a = &start_coordinator(config(true));
  const marker_id after = marker_now(*a);
  EXPECT_GT(after.number, before.number);
  EXPECT_GT(after.made_in, before.made_in);
}

TEST_F(two_sites, ACoordinatorWhoseSuccessorIsAtWorkStandsBack) {
  auto& old = start_coordinator(config(true));
  marker_now(old);
  auto elsewhere = config(true);
  elsewhere.state_directory = where_ / "successor";
  auto& successor = start_coordinator(elsewhere);
  marker_now(successor);
  ASSERT_TRUE(eventually([&] { return old.snapshot().phase == "replaced"; }));
  const auto refused = old.marker_now("");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EPERM);
  marker_now(successor);
}

TEST_F(two_sites, AMemberThatIsAwayIsNamedAndRoundsGoOnWhenItIsBack) {
  auto& a = start_coordinator(config(true));
  marker_now(a);
  stop_gateway(true, 1);
  ASSERT_TRUE(eventually([&] {
    const auto s = a.snapshot();
    return s.holding && s.holding->member == "m2";
  }));
  start_gateway(true, 1);
  marker_now(a);
}

TEST_F(two_sites, ALateMarkToOneMemberIsSealedWithinTheHoldLimit) {
  auto c = config(true);
  c.delay_mark = {{"m2", std::chrono::milliseconds(20)}};
  auto& a = start_coordinator(c);
  write(0, 'x', 0);
  marker_now(a);
  EXPECT_GE(a.snapshot().rounds.last_round_us, 20'000u);
}

TEST_F(two_sites, ASecondaryCoordinatorThatStartsAgainFollowsOn) {
  auto& a = start_coordinator(config(true));
  auto* b = &start_coordinator(config(false));
  const marker_id first = marker_now(a);
  ASSERT_TRUE(eventually([&] { return b->snapshot().applied.marker >= first; }));
  stop_coordinator(*b);
  write(1, 'q', 0);
  const marker_id second = marker_now(a);
  b = &start_coordinator(config(false));
  ASSERT_TRUE(eventually([&] { return b->snapshot().applied.marker >= second; }));
  EXPECT_EQ(read(false, 1, 0), 'q');
}

TEST_F(two_sites, ATakeoverWaitsForASecondaryThatIsStartingAgain) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  stored_marker_now(a);
  stop_coordinator(a);
  stop_gateway(false, 1);
  const auto id = b.run_takeover({});
  start_gateway(false, 1);
  const auto done = ended(b, id);
  ASSERT_EQ(done.state, operation_state::done) << done.sentence;
  for (std::size_t i = 0; i < members; ++i)
    EXPECT_TRUE(gateways_[false][i]->exports().front().facts().writable);
}

// Microseconds into a takeover at which its coordinator ends: somewhere between any two steps.
class broken_takeover : public two_sites, public testing::WithParamInterface<int> {};

TEST_P(broken_takeover, IsTheSameTakeoverWhenTheCoordinatorIsBack) {
  auto& a = start_coordinator(config(true));
  auto* b = &start_coordinator(config(false));
  stored_marker_now(a);
  stop_coordinator(a);
  const auto id = b->run_takeover({});
  ASSERT_TRUE(id);
  std::this_thread::sleep_for(std::chrono::microseconds(GetParam()));
  stop_coordinator(*b);
  b = &start_coordinator(config(false));
  const auto done = ended(*b, b->run_takeover({}));
  ASSERT_EQ(done.state, operation_state::done) << done.sentence;
  for (std::size_t i = 0; i < members; ++i) {
    const member_status s = member_of(false, i).status();
    EXPECT_EQ(s.role, member_role::primary);
    EXPECT_EQ(s.lineage, done.takeover->lineage);
  }
}

INSTANTIATE_TEST_SUITE_P(steps, broken_takeover, testing::Values(0, 2000, 8000, 20000, 60000));

}  // namespace
}  // namespace cairn

// Situations of the round's model (models/round.cpp), played one message at a time.
#include <gtest/gtest.h>

#include "tests/unit/replication/marker_round_support.h"

namespace cairn::round_tests {
namespace {

TEST(marker_round, no_round_begins_before_every_member_was_heard) {
  marker_round round(two_members(), {});
  EXPECT_FALSE(persisted(round.on_connected(0, primary_hello(), 0)));
  EXPECT_FALSE(persisted(round.on_time(10)));
  EXPECT_EQ(round.obstacle(10), "b is not connected");
  EXPECT_FALSE(round.current());
  EXPECT_TRUE(persisted(round.on_connected(1, primary_hello(), 20)));
}

TEST(marker_round, epoch_and_number_are_above_the_highest_that_any_member_reports) {
  marker_round round(two_members(), {marker_number(5), epoch(3)});
  round.on_connected(0, primary_hello(9, 40), 0);
  const auto actions = round.on_connected(1, primary_hello(2, 77), 0);
  ASSERT_TRUE(persisted(actions));
  EXPECT_EQ(persisted(actions)->marker, (marker_id{marker_number(78), epoch(10)}));
}

TEST(marker_round, own_state_counts_where_the_members_know_less) {
  marker_round round(two_members(), {marker_number(100), epoch(12)});
  round.on_connected(0, primary_hello(3, 4), 0);
  const auto actions = round.on_connected(1, primary_hello(), 0);
  EXPECT_EQ(persisted(actions)->marker, (marker_id{marker_number(101), epoch(13)}));
}

TEST(marker_round, marks_leave_only_when_the_number_is_durable) {
  marker_round round(two_members(), {});
  round.on_connected(0, primary_hello(), 0);
  const auto before = round.on_connected(1, primary_hello(), 0);
  EXPECT_TRUE(sent<mark>(before).empty());
  const auto after = round.on_persisted(persisted(before)->marker, 0);
  ASSERT_EQ(sent<mark>(after).size(), 2u);
  EXPECT_EQ(sent<mark>(after)[0].members, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sent<mark>(after)[0].hold_limit_ms, 50u);
}

TEST(marker_round, release_waits_for_every_member) {
  a_round r;
  EXPECT_TRUE(sent<release>(r.insert(0, 100)).empty());
  EXPECT_TRUE(sent<release>(r.insert(0, 200)).empty());  // the same one twice
  EXPECT_EQ(sent<release>(r.insert(1, 300)).size(), 2u);
}

TEST(marker_round, release_names_the_incarnation_that_each_member_answered_with) {
  a_round r;
  r.insert(0, 100, 7);
  const auto releases = sent<release>(r.insert(1, 200, 4));
  ASSERT_EQ(releases.size(), 2u);
  EXPECT_EQ(releases[0].counted, incarnation(7));
  EXPECT_EQ(releases[1].counted, incarnation(4));
}

TEST(marker_round, inserted_of_another_marker_is_not_counted) {
  a_round r;
  r.insert(0, 100);
  const marker_id other_epoch{r.marker.number, r.marker.made_in.next()};
  const marker_id other_number{r.marker.number.next(), r.marker.made_in};
  EXPECT_TRUE(sent<release>(r.round.on_inserted(1, {other_epoch, incarnation(1)}, 200)).empty());
  EXPECT_TRUE(sent<release>(r.round.on_inserted(1, {other_number, incarnation(1)}, 200)).empty());
}

TEST(marker_round, a_round_is_abandoned_at_the_hold_limit) {
  a_round r;
  r.insert(0, 100);
  const auto actions = r.round.on_time(50 * ms);
  EXPECT_EQ(sent<abandon>(actions).size(), 2u);
  ASSERT_TRUE(ended(actions));
  EXPECT_EQ(ended(actions)->outcome, round_outcome::voided);
  EXPECT_EQ(ended(actions)->reason, "b did not answer within 50 ms");
}

TEST(marker_round, a_coordinator_that_was_stopped_during_a_round_does_not_release_late) {
  a_round r;
  r.insert(0, 100);
  const auto actions = r.insert(1, 60'000 * ms);
  EXPECT_TRUE(sent<release>(actions).empty());
  EXPECT_EQ(sent<abandon>(actions).size(), 2u);
}

TEST(marker_round, inserted_after_abandon_releases_nothing) {
  a_round r;
  r.insert(0, 100);
  r.round.on_time(50 * ms);
  EXPECT_TRUE(sent<release>(r.insert(1, 51 * ms)).empty());
}

TEST(marker_round, a_member_that_is_lost_ends_the_round_at_once) {
  a_round r;
  r.insert(0, 100);
  const auto actions = r.round.on_disconnected(1, 200);
  EXPECT_EQ(sent<abandon>(actions).size(), 2u);
  EXPECT_EQ(ended(actions)->outcome, round_outcome::voided);
}

TEST(marker_round, a_member_that_restarted_in_between_is_not_counted_from_before) {
  a_round r;
  r.insert(0, 100);
  r.round.on_disconnected(0, 200);
  r.round.on_connected(0, primary_hello(1, 1), 300);
  EXPECT_TRUE(sent<release>(r.insert(1, 400)).empty());
  EXPECT_TRUE(sent<release>(r.insert(0, 500, 2)).empty());
}

TEST(marker_round, sealed_everywhere_is_sealed) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 400);
  EXPECT_EQ(ended(r.tell(0, true, 900)), nullptr);
  const auto actions = r.tell(1, true, 1000);
  ASSERT_TRUE(ended(actions));
  EXPECT_EQ(ended(actions)->outcome, round_outcome::sealed);
  EXPECT_EQ(ended(actions)->round_us, 400u);
  EXPECT_EQ(ended(actions)->held_max_us, 300u);
}

TEST(marker_round, void_at_one_member_is_void_for_the_group) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 200);
  r.tell(0, true, 900);
  const auto actions = r.tell(1, false, 1000);
  ASSERT_TRUE(ended(actions));
  EXPECT_EQ(ended(actions)->outcome, round_outcome::voided);
  EXPECT_EQ(ended(actions)->reason, "b: hold limit");
}

TEST(marker_round, a_hold_limit_that_ran_out_first_abandons_the_round_for_all) {
  a_round r;
  r.insert(0, 100);
  const auto actions = r.tell(0, false, 40 * ms);
  EXPECT_EQ(sent<abandon>(actions).size(), 2u);
  EXPECT_TRUE(sent<release>(r.insert(1, 41 * ms)).empty());
}

TEST(marker_round, a_member_lost_before_it_told_leaves_the_outcome_unknown) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 200);
  r.tell(0, true, 900);
  const auto actions = r.round.on_disconnected(1, 1000);
  ASSERT_TRUE(ended(actions));
  EXPECT_EQ(ended(actions)->outcome, round_outcome::unknown);
}

TEST(marker_round, numbers_are_never_used_again) {
  a_round r;
  r.insert(0, 100);
  r.round.on_time(50 * ms);  // abandoned
  const auto next = r.next_at(5000 * ms);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->number, r.marker.number.next());
}

TEST(marker_round, voids_lengthen_the_interval_and_a_seal_restores_it) {
  a_round r;
  EXPECT_EQ(r.round.interval_us(), 1000 * ms);
  r.round.on_time(50 * ms);
  EXPECT_EQ(r.round.interval_us(), 2000 * ms);
  EXPECT_FALSE(r.next_at(1500 * ms));
  r.marker = *r.next_at(2060 * ms);
  r.round.on_persisted(r.marker, 2060 * ms);
  r.insert(0, 2061 * ms);
  r.insert(1, 2061 * ms);
  r.tell(0, true, 2062 * ms);
  r.tell(1, true, 2062 * ms);
  EXPECT_EQ(r.round.interval_us(), 1000 * ms);
}

TEST(marker_round, the_interval_grows_eightfold_at_most) {
  a_round r;
  std::uint64_t now = 0;
  for (int i = 0; i < 10; ++i) {
    now += 50 * ms;
    r.round.on_time(now);
    now += 20'000 * ms;
    const auto next = r.next_at(now);
    ASSERT_TRUE(next);
    r.round.on_persisted(*next, now);
  }
  EXPECT_EQ(r.round.interval_us(), 8000 * ms);
}

TEST(marker_round, a_member_that_hangs_is_asked_and_no_round_begins) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  EXPECT_FALSE(persisted(r.round.on_status(0, primary_status(), 2000 * ms)));
  const auto asked = r.round.on_time(3500 * ms);
  EXPECT_FALSE(persisted(asked));
  EXPECT_EQ(sent<status_request>(asked).size(), 2u);
  EXPECT_GT(r.round.skipped(), 0u);
}

TEST(marker_round, the_answer_of_the_last_member_begins_the_round_at_once) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.tell(0, true, 900);
  r.tell(1, true, 900);
  EXPECT_EQ(sent<status_request>(r.round.on_time(1500 * ms)).size(), 2u);
  EXPECT_FALSE(persisted(r.round.on_status(0, primary_status(), 1501 * ms)));
  EXPECT_TRUE(persisted(r.round.on_status(1, primary_status(), 1502 * ms)));
}

TEST(marker_round, in_a_steady_pace_the_answers_of_a_round_count_as_heard) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.tell(0, true, 900);
  r.tell(1, true, 900);
  EXPECT_TRUE(persisted(r.round.on_time(1000 * ms)));
}

TEST(marker_round, a_demand_does_not_wait_for_the_interval) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.tell(0, true, 900);
  r.tell(1, true, 900);
  EXPECT_FALSE(persisted(r.round.on_time(2 * ms)));
  EXPECT_TRUE(persisted(r.round.demand(3 * ms)));
}

TEST(marker_round, a_demand_during_a_round_gets_a_round_of_its_own) {
  a_round r;
  EXPECT_FALSE(persisted(r.round.demand(100)));
  r.insert(0, 200);
  r.insert(1, 300);
  EXPECT_TRUE(persisted(r.round.on_time(301)));
}

TEST(marker_round, a_fenced_member_stops_rounds) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  member_status fenced = primary_status();
  fenced.role = member_role::fenced;
  r.round.on_status(1, fenced, 1000 * ms);
  EXPECT_FALSE(persisted(r.round.on_status(0, primary_status(), 1000 * ms)));
  EXPECT_EQ(r.round.obstacle(1000 * ms), "b is fenced, not primary");
}

TEST(marker_round, a_refusal_abandons_the_round) {
  a_round r;
  r.insert(0, 100);
  const auto actions = r.round.on_refused(
      1, {"MARK", "the journal is full", r.marker, r.marker.made_in, r.marker.number}, 200);
  EXPECT_EQ(sent<abandon>(actions).size(), 2u);
  EXPECT_EQ(ended(actions)->reason, "b refused it: the journal is full");
}

TEST(marker_round, a_refusal_that_tells_a_higher_number_raises_the_next) {
  a_round r;
  r.round.on_refused(1, {"MARK", "old number", r.marker, r.marker.made_in, marker_number(90)}, 200);
  const auto next = r.next_at(9000 * ms);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->number, marker_number(91));
}

TEST(marker_round, a_coordinator_of_an_old_epoch_begins_nothing_more) {
  a_round r;
  r.round.on_refused(0, {"MARK", "lower epoch", r.marker, epoch(2), marker_number(5)}, 100);
  EXPECT_EQ(r.round.replaced_by(), epoch(2));
  EXPECT_FALSE(r.next_at(9000 * ms));
  EXPECT_FALSE(persisted(r.round.demand(9001 * ms)));
}

TEST(marker_round, a_member_that_comes_back_with_a_higher_epoch_replaces_the_coordinator) {
  a_round r;
  r.round.on_disconnected(1, 100);
  r.round.on_connected(1, primary_hello(8, 60), 200);
  EXPECT_EQ(r.round.replaced_by(), epoch(8));
  EXPECT_FALSE(r.next_at(9000 * ms));
}

TEST(marker_round, a_new_pace_begins_with_what_is_due_next) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.round.set_pace(200 * ms, 20 * ms, 200);
  EXPECT_EQ(r.round.interval_us(), 200 * ms);
  EXPECT_LE(r.round.next_deadline_us(), 200 + 200 * ms);
}

}  // namespace
}  // namespace cairn::round_tests

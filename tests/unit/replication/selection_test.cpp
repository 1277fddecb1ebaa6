// Situations of the selection's model (models/select.cpp), played one message at a time.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/replication/selection_site.h"

namespace cairn::selection_tests {
namespace {

TEST(selection, nothing_is_asked_before_every_member_was_heard) {
  site s(holding({1}), holding({1}));
  s.players[1].reachable = false;
  s.start();
  s.pass(second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::gathering);
  EXPECT_EQ(s.coordinator->obstacle(), "b is not connected");
  EXPECT_EQ(s.players[0].obeys, epoch(0));
}

TEST(selection, a_new_interval_counts_from_now_and_never_puts_off_what_is_due) {
  site s(holding({1}), holding({1}));
  s.start();
  ASSERT_EQ(s.coordinator->phase(), selection_phase::idle);
  const auto due = s.coordinator->next_deadline_us();
  s.coordinator->set_interval(3600 * second, s.now);
  EXPECT_EQ(s.coordinator->next_deadline_us(), due);
  s.pass(due - s.now);
  EXPECT_EQ(s.coordinator->next_deadline_us(), s.now + 3600 * second);
  s.coordinator->set_interval(second / 5, s.now);
  EXPECT_EQ(s.coordinator->next_deadline_us(), s.now + second / 5);
}

TEST(selection, every_start_takes_an_epoch_above_all_that_are_reported) {
  site s(holding({1}), holding({1}));
  s.players[0].obeys = epoch(6);
  s.stored.current = epoch(4);
  s.start();
  EXPECT_EQ(s.stored.current, epoch(7));
  s.start();
  EXPECT_EQ(s.stored.current, epoch(8));
}

TEST(selection, an_epoch_that_another_start_has_claimed_is_not_shared) {
  site s(holding({1}), holding({1}));
  s.players[1].reachable = false;
  s.start();
  // Another coordinator, started at the same moment, takes epoch 1 at b before this one's REPORT.
  s.players[1].reachable = true;
  s.players[0].obeys = epoch(0);
  member_hello heard_before;
  s.players[1].obeys = epoch(1);
  s.act(s.coordinator->on_connected(1, heard_before, s.now));
  EXPECT_EQ(s.stored.current, epoch(2));
  EXPECT_EQ(s.players[0].obeys, epoch(2));
  EXPECT_EQ(s.players[1].obeys, epoch(2));
  EXPECT_EQ(s.players[0].has.applied, marker(1));
}

TEST(selection, the_group_follows_the_newest_common_marker) {
  site s(holding({1, 2}), holding({1, 3}));
  s.start();
  EXPECT_EQ(s.players[0].has.applied, marker(1));
  EXPECT_EQ(s.players[1].has.applied, marker(1));
  s.players[0].has.markers.push_back(entry(3));
  s.pass(second);
  EXPECT_EQ(s.players[0].has.applied, marker(3));
  EXPECT_EQ(s.players[1].has.applied, marker(3));
  EXPECT_EQ(s.stored.choice, marker(3));
}

TEST(selection, the_choice_is_durable_before_apply) {
  selection c(settings(), {});
  c.on_connected(0, {}, 0);
  c.on_connected(1, {}, 0);
  c.on_persisted(c.state(), 0);
  reported r = holding({1});
  r.selection_epoch = epoch(1);
  c.on_reported(0, r, 0);
  const auto chosen = c.on_reported(1, r, 0);
  ASSERT_TRUE(action<persist_selection>(chosen));
  EXPECT_EQ(action<persist_selection>(chosen)->state.choice, marker(1));
  EXPECT_TRUE(sent<apply>(chosen).empty());
  EXPECT_EQ(sent<apply>(c.on_persisted(c.state(), 0)).size(), 2u);
}

TEST(selection, an_answer_under_another_epoch_is_not_counted) {
  selection c(settings(), {epoch(4), {}, {}});
  c.on_connected(0, {}, 0);
  c.on_connected(1, {}, 0);
  c.on_persisted(c.state(), 0);
  reported old = holding({1});
  old.selection_epoch = epoch(4);
  c.on_reported(0, old, 0);
  EXPECT_TRUE(c.on_reported(1, old, 0).empty());
  EXPECT_EQ(c.phase(), selection_phase::reporting);
}

TEST(selection, a_lost_request_is_repeated) {
  site s(holding({1}), holding({1}));
  s.start();
  s.players[1].reachable = false;
  s.pass(second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::reporting);
  s.players[1].reachable = true;
  s.pass(3 * second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::idle);
}

TEST(selection, a_repeated_answer_changes_nothing) {
  selection c(settings(), {});
  c.on_connected(0, {}, 0);
  c.on_connected(1, {}, 0);
  c.on_persisted(c.state(), 0);
  reported r = holding({1});
  r.selection_epoch = epoch(1);
  c.on_reported(0, r, 0);
  EXPECT_TRUE(c.on_reported(0, r, 0).empty());
  c.on_reported(1, r, 0);
  c.on_persisted(c.state(), 0);
  c.on_applied(0, {epoch(1), marker(1)}, 0);
  EXPECT_TRUE(c.on_applied(0, {epoch(1), marker(1)}, 0).empty());
  EXPECT_TRUE(c.on_applied(1, {epoch(1), marker(9)}, 0).empty());
  EXPECT_EQ(c.phase(), selection_phase::applying);
}

TEST(selection, a_takeover_applies_promotes_and_ends) {
  site s(holding({1, 2}), holding({1, 2, 3}));
  s.start();
  s.take_over();
  ASSERT_TRUE(s.saw<takeover_finished>());
  EXPECT_EQ(s.saw<takeover_finished>()->decision.at, marker(2));
  EXPECT_EQ(s.saw<takeover_finished>()->members[0]->set_aside_records, 3u);
  EXPECT_EQ(s.players[0].has.promoted->opened, lineage_no(1));
  EXPECT_EQ(s.players[1].has.promoted->opened, lineage_no(1));
  EXPECT_TRUE(s.stored.takeover->finished);
}

TEST(selection, promote_waits_for_every_applied) {
  selection c(settings(), {});
  c.on_connected(0, {}, 0);
  c.on_connected(1, {}, 0);
  c.take_over({}, lineage_no(1), 0);
  c.on_persisted(c.state(), 0);
  reported r = holding({1});
  r.selection_epoch = epoch(1);
  c.on_reported(0, r, 0);
  const auto decided = c.on_reported(1, r, 0);
  EXPECT_EQ(action<persist_selection>(decided)->state.takeover,
            (takeover_decision{marker(1), lineage_no(1), false}));
  c.on_persisted(c.state(), 0);
  EXPECT_TRUE(sent<promote>(c.on_applied(0, {epoch(1), marker(1)}, 0)).empty());
  EXPECT_EQ(sent<promote>(c.on_applied(1, {epoch(1), marker(1)}, 0)).size(), 2u);
}

TEST(selection, a_takeover_without_a_common_marker_is_refused_and_the_group_follows_on) {
  site s(holding({1}), holding({2}));
  s.start();
  s.take_over();
  ASSERT_TRUE(s.saw<takeover_refused>());
  EXPECT_EQ(s.saw<takeover_refused>()->why.code, ENOENT);
  EXPECT_FALSE(s.stored.takeover);
  s.players[0].has.markers.push_back(entry(2));
  s.pass(second);
  EXPECT_EQ(s.players[0].has.applied, marker(2));
}

TEST(selection, a_takeover_names_the_member_that_does_not_answer) {
  site s(holding({1}), holding({1}));
  s.start();
  s.players[1].reachable = false;
  s.coordinator->on_disconnected(1);
  s.take_over();
  s.pass(11 * second);
  ASSERT_TRUE(s.saw<takeover_refused>());
  EXPECT_EQ(s.saw<takeover_refused>()->why.code, ETIMEDOUT);
  EXPECT_EQ(s.saw<takeover_refused>()->why.text, "b is not connected");
}

TEST(selection, a_plan_changes_nothing) {
  site s(holding({1, 2}), holding({1, 2}));
  s.start();
  const auto before = s.stored;
  s.act(s.coordinator->plan(5, marker_number(2), s.now));
  ASSERT_TRUE(s.saw<plan_made>());
  EXPECT_EQ(s.saw<plan_made>()->request, 5u);
  EXPECT_EQ(s.saw<plan_made>()->choice->at, marker(2));
  EXPECT_EQ(s.stored.takeover, before.takeover);
  EXPECT_FALSE(s.players[0].has.promoted);
}

TEST(selection, a_takeover_that_ended_is_answered_the_same_when_asked_again) {
  site s(holding({1}), holding({1}));
  s.start();
  s.take_over();
  s.seen.clear();
  s.take_over({}, lineage_no(9));
  ASSERT_TRUE(s.saw<takeover_finished>());
  EXPECT_EQ(s.saw<takeover_finished>()->decision.opened, lineage_no(1));
  EXPECT_EQ(s.stored.takeover->opened, lineage_no(1));
}

TEST(selection, a_coordinator_that_lost_its_state_finishes_a_promotion_as_it_was_begun) {
  site s(promoted_at(2, lineage_no(7)), holding({2, 3}, 2, 2));
  s.players[0].obeys = s.players[1].obeys = epoch(3);
  s.start();
  ASSERT_TRUE(s.players[1].has.promoted);
  EXPECT_EQ(s.players[1].has.promoted->at, marker(2));
  EXPECT_EQ(s.players[1].has.promoted->opened, lineage_no(7));
  EXPECT_EQ(s.stored.takeover, (takeover_decision{marker(2), lineage_no(7), true}));
}

TEST(selection, a_coordinator_of_an_old_epoch_is_told_and_stops) {
  site s(holding({1}), holding({1}));
  s.start();
  s.players[0].obeys = epoch(9);
  s.pass(second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::replaced);
  s.pass(5 * second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::replaced);
}

TEST(selection, a_takeover_command_to_a_replaced_coordinator_takes_a_new_epoch) {
  site s(holding({1}), holding({1}));
  s.start();
  s.players[0].obeys = epoch(9);
  s.pass(second);
  s.take_over();
  EXPECT_TRUE(s.saw<takeover_finished>());
  EXPECT_EQ(s.stored.current, epoch(10));
}

TEST(selection, a_takeover_that_a_successor_has_passed_moves_to_the_successors_marker) {
  // Decided at 1, then a coordinator without its state applied 2 at b.
  site s(holding({1, 2}, 1, 1), holding({2}, 2, 2));
  s.stored = {epoch(3), marker(1), takeover_decision{marker(1), lineage_no(4), false}};
  s.start();
  ASSERT_TRUE(s.players[0].has.promoted);
  EXPECT_EQ(s.players[0].has.promoted->at, marker(2));
  EXPECT_EQ(s.players[1].has.promoted->at, marker(2));
}

// The coordinator dies behind each action in turn, comes back, and the takeover ends the same way.
TEST(selection, a_crash_at_any_step_of_a_takeover_is_finished_after_a_restart) {
  for (int crash = 0; crash < 40; ++crash) {
    SCOPED_TRACE(crash);
    site s(holding({1, 2}), holding({1, 2, 3}));
    s.crash_after = crash;
    s.start();
    s.take_over({}, lineage_no(1));
    const bool decided = s.stored.takeover.has_value();
    s.crash_after = -1;
    s.start();
    if (!decided) s.take_over({}, lineage_no(2));
    ASSERT_TRUE(s.players[0].has.promoted && s.players[1].has.promoted);
    EXPECT_EQ(s.players[0].has.promoted->at, marker(2));
    EXPECT_EQ(s.players[1].has.promoted->at, marker(2));
    EXPECT_EQ(s.players[0].has.promoted->opened, s.players[1].has.promoted->opened);
    EXPECT_EQ(s.players[0].has.promoted->opened, lineage_no(decided ? 1 : 2));
  }
}

// The same with the state lost (restored from a backup of before): nobody is promoted elsewhere.
TEST(selection, a_crash_at_any_step_and_lost_state_still_end_at_one_marker) {
  for (int crash = 0; crash < 40; ++crash) {
    SCOPED_TRACE(crash);
    site s(holding({1, 2}), holding({1, 2, 3}));
    s.crash_after = crash;
    s.start();
    s.take_over({}, lineage_no(1));
    s.stored = {};
    s.players[0].has.markers.push_back(entry(3));
    s.crash_after = -1;
    s.start();
    s.take_over({}, lineage_no(2));
    ASSERT_TRUE(s.players[0].has.promoted && s.players[1].has.promoted);
    EXPECT_EQ(s.players[0].has.promoted->at, s.players[1].has.promoted->at);
    EXPECT_EQ(s.players[0].has.promoted->opened, s.players[1].has.promoted->opened);
  }
}

}  // namespace
}  // namespace cairn::selection_tests

// What a selection does while its state can't be written: persist, then send.
#include <gtest/gtest.h>

#include "tests/unit/replication/selection_site.h"

namespace cairn::selection_tests {
namespace {

constexpr const char* is_locked =
    "the coordinator's state can't be written and is tried again: state.db: database is locked";

TEST(selection_persist, an_epoch_that_was_not_kept_is_left_out_and_the_next_one_taken) {
  site s(holding({1}), holding({1}));
  s.persists_bad = 2;
  s.start();
  EXPECT_EQ(s.coordinator->phase(), selection_phase::persisting_epoch);
  EXPECT_EQ(s.coordinator->obstacle(), is_locked);
  EXPECT_EQ(s.players[0].obeys, epoch(0)) << "REPORT under an epoch that is not durable";
  s.pass(second / 10);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::persisting_epoch);
  s.pass(second / 5);
  EXPECT_EQ(s.players[0].has.applied, marker(1));
  EXPECT_EQ(s.coordinator->obstacle(), "");
}

TEST(selection_persist, it_is_tried_again_after_pauses_that_grow) {
  site s(holding({1}), holding({1}));
  s.persists_bad = 1000;
  s.start();
  for (int i = 0; i < 600; ++i) s.pass(second / 10);
  EXPECT_GE(s.persists, 30);
  EXPECT_LE(s.persists, 36);  // 0.1, 0.2, 0.4, 0.8, 1.6, then each 2 s
}

TEST(selection_persist, a_choice_that_was_not_kept_is_made_anew_from_new_answers) {
  site s(holding({1}), holding({1}));
  s.persists_good = 1;
  s.persists_bad = 1;
  s.start();
  EXPECT_EQ(s.coordinator->phase(), selection_phase::idle);
  EXPECT_EQ(s.coordinator->state().choice, marker_id());
  EXPECT_EQ(s.coordinator->obstacle(), is_locked);
  for (auto& p : s.players) p.has.markers.push_back(entry(2));
  s.pass(second / 10);
  EXPECT_EQ(s.players[0].has.applied, marker(2));
  EXPECT_EQ(s.stored.choice, marker(2));
}

// A group that stands still asks for nothing to be kept: it would never learn that all is well.
TEST(selection_persist, the_end_of_the_trouble_is_noticed_without_a_new_marker) {
  site s(holding({1}), holding({1}));
  s.persists_good = 2;
  s.persists_bad = 1;
  s.start();
  for (auto& p : s.players) p.has.markers.push_back(entry(2));
  s.pass(second);
  EXPECT_EQ(s.coordinator->obstacle(), is_locked);
  for (auto& p : s.players) p.has.markers.pop_back();  // a cut at the sender's restart
  s.pass(second);
  EXPECT_EQ(s.coordinator->obstacle(), "");
  EXPECT_EQ(s.coordinator->phase(), selection_phase::idle);
}

TEST(selection_persist, a_takeover_is_carried_out_when_the_state_can_be_written_again) {
  site s(holding({1, 2}), holding({1, 2, 3}));
  s.start();
  s.persists_good = s.persists;
  s.persists_bad = 3;
  s.take_over();
  EXPECT_FALSE(s.coordinator->state().takeover) << "decided in memory only";
  EXPECT_FALSE(s.saw<takeover_finished>());
  for (int i = 0; i < 10; ++i) s.pass(second / 10);
  ASSERT_TRUE(s.saw<takeover_finished>());
  EXPECT_EQ(s.players[0].has.promoted->opened, lineage_no(1));
  EXPECT_EQ(s.players[1].has.promoted->opened, lineage_no(1));
}

TEST(selection_persist, a_takeover_is_refused_with_the_sentence_after_its_patience) {
  site s(holding({1}), holding({1}));
  s.start();
  s.persists_good = s.persists;
  s.persists_bad = 1000;
  s.take_over();
  for (int i = 0; i < 11; ++i) s.pass(second);
  ASSERT_TRUE(s.saw<takeover_refused>());
  EXPECT_EQ(s.saw<takeover_refused>()->why.code, ETIMEDOUT);
  EXPECT_EQ(s.saw<takeover_refused>()->why.text, is_locked);
  // What was refused does not happen later.
  s.persists_bad = 0;
  for (int i = 0; i < 11; ++i) s.pass(second);
  EXPECT_FALSE(s.players[0].has.promoted);
  EXPECT_FALSE(s.stored.takeover);
  s.take_over({}, lineage_no(2));
  EXPECT_EQ(s.players[0].has.promoted->opened, lineage_no(2));
}

// Every member is promoted; only the note of it is missing.
TEST(selection_persist, the_end_of_a_takeover_is_asked_for_again_and_never_refused) {
  site s(holding({1}), holding({1}));
  s.start();
  s.persists_good = s.persists + 1;
  s.persists_bad = 20;
  s.take_over();
  for (int i = 0; i < 15; ++i) s.pass(second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::persisting_end);
  EXPECT_FALSE(s.saw<takeover_refused>());
  for (int i = 0; i < 30; ++i) s.pass(second);
  EXPECT_TRUE(s.saw<takeover_finished>());
  EXPECT_TRUE(s.stored.takeover->finished);
}

TEST(selection_persist, a_final_failure_stops_it_with_its_sentence) {
  site s(holding({1}), holding({1}));
  s.start();
  s.persists_good = s.persists;
  s.persists_bad = 1;
  s.why = broken;
  for (auto& p : s.players) p.has.markers.push_back(entry(2));
  s.pass(second);
  EXPECT_EQ(s.coordinator->phase(), selection_phase::stopped);
  const std::string why =
      "the coordinator's state can't be written: state.db: fsync failed; start the coordinator "
      "again when that is mended";
  EXPECT_EQ(s.coordinator->obstacle(), why);
  s.pass(60 * second);
  s.connect(0);
  EXPECT_EQ(s.players[0].has.applied, marker(1));
  EXPECT_EQ(s.persists, s.persists_good + 1);
  s.take_over();
  ASSERT_TRUE(s.saw<takeover_refused>());
  EXPECT_EQ(s.saw<takeover_refused>()->why, (error{EIO, why, error_class::final}));
}

TEST(selection_persist, a_takeover_that_may_have_been_decided_is_said_to_be_finished_at_a_start) {
  for (const bool reaches_disk : {false, true}) {
    SCOPED_TRACE(reaches_disk);
    site s(holding({1}), holding({1}));
    s.start();
    s.persists_good = s.persists;
    s.persists_bad = 1;
    s.why = broken;
    s.reaches_disk = reaches_disk;
    s.take_over();
    ASSERT_TRUE(s.saw<takeover_refused>());
    EXPECT_NE(s.saw<takeover_refused>()->why.text.find(
                  "the takeover at marker 1 may have been decided, and is finished then"),
              std::string::npos);
    EXPECT_FALSE(s.players[0].has.promoted);
    s.start();
    EXPECT_EQ(s.players[0].has.promoted.has_value(), reaches_disk);
    EXPECT_EQ(s.players[1].has.promoted.has_value(), reaches_disk);
  }
}

// Two kept states under way at once, as a caller with a thread for its disk would have them: only
// the newest counts.
TEST(selection_persist, what_was_kept_of_a_step_that_was_given_up_begins_nothing) {
  selection c(settings(), {});
  c.on_connected(0, {}, 0);
  c.on_connected(1, {}, 0);
  const selection_state first = c.state();
  member_hello higher;
  higher.selection_epoch = epoch(5);
  c.on_connected(1, higher, 0);
  ASSERT_EQ(c.phase(), selection_phase::replaced);
  c.take_over({}, lineage_no(1), 0);
  EXPECT_TRUE(sent<report>(c.on_persisted(first, 0)).empty());
  EXPECT_EQ(sent<report>(c.on_persisted(c.state(), 0)).size(), 2u);
}

// Each attempt to keep something fails in turn, in each way, with the coordinator going on or being
// started again: a takeover ends everywhere at one marker of one lineage, or nowhere.
struct failure {
  const char* name;
  error why;
  bool reaches_disk;
  bool starts_again;
};
class selection_persist_steps : public testing::TestWithParam<failure> {};

TEST_P(selection_persist_steps, a_takeover_is_carried_out_whole_or_not_at_all) {
  for (int good = 0; good < 5; ++good) {
    SCOPED_TRACE(good);
    site s(holding({1, 2}), holding({1, 2, 3}));
    s.persists_good = good;
    s.persists_bad = 1;
    s.why = GetParam().why;
    s.reaches_disk = GetParam().reaches_disk;
    s.start();
    s.take_over({}, lineage_no(1));
    if (GetParam().starts_again) s.start();
    for (int i = 0; i < 15; ++i) s.pass(second);
    EXPECT_EQ(s.players[0].has.promoted, s.players[1].has.promoted);
    s.start();
    s.take_over({}, lineage_no(2));
    for (int i = 0; i < 15; ++i) s.pass(second);
    ASSERT_TRUE(s.players[0].has.promoted);
    EXPECT_EQ(s.players[0].has.promoted->at, marker(2));
    EXPECT_EQ(s.players[0].has.promoted->opened, s.players[1].has.promoted->opened);
    EXPECT_TRUE(s.stored.takeover->finished);
  }
}

INSTANTIATE_TEST_SUITE_P(failures, selection_persist_steps,
                         testing::Values(failure{"passing", locked, false, false},
                                         failure{"passing_and_a_start", locked, false, true},
                                         failure{"passing_but_kept_and_a_start", locked, true,
                                                 true},
                                         failure{"final", broken, false, false},
                                         failure{"final_but_kept", broken, true, false},
                                         failure{"final_and_a_start", broken, false, true},
                                         failure{"final_but_kept_and_a_start", broken, true, true}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace cairn::selection_tests

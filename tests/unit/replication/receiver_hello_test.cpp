// Which HELLO a secondary accepts, and what it cuts first.
#include "replication/receiver.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace cairn {
namespace {

constexpr std::uint64_t size = 1U << 20;

class hello_test : public testing::Test {
 protected:
  hello_test() {
    theirs.group = ours.group = "bank";
    theirs.member = ours.member = "m1";
    theirs.volumes = {{1, samples::id(2), "data", size, 3, "S1", true},
                      {2, samples::id(3), "log", size, 4, "S2", true}};
    theirs.lineages = {{samples::id(1), {}, {}}};
    theirs.starts = {start(1, 0)};
    theirs.oldest_held = sequence(1);
  }
  static incarnation_start start(std::uint64_t n, std::uint64_t kept_to) {
    return {incarnation(n), samples::id(1), sequence(kept_to)};
  }
  // As after a first HELLO, with records up to `last`.
  void met(std::uint64_t last) {
    ours.volumes = theirs.volumes;
    ours.lineages = theirs.lineages;
    ours.starts = theirs.starts;
    ours.last = sequence(last);
  }
  void expect_refused(refusal_code code, const std::string& because) {
    const auto verdict = judge_hello(theirs, ours);
    const auto* no = std::get_if<refusal>(&verdict);
    ASSERT_TRUE(no);
    EXPECT_EQ(no->code, code);
    EXPECT_NE(no->reason.find(because), std::string::npos) << no->reason;
  }
  hello_accepted accepted() {
    const auto verdict = judge_hello(theirs, ours);
    const auto* no = std::get_if<refusal>(&verdict);
    EXPECT_FALSE(no) << no->reason;
    return no ? hello_accepted{} : std::get<hello_accepted>(verdict);
  }
  hello theirs;
  receiver_state ours;
};

TEST_F(hello_test, a_fresh_secondary_adopts_all) {
  ours.volumes = {{0, {}, "data", size, 0, "", true}, {0, {}, "log", size, 0, "", true}};
  const auto yes = accepted();
  EXPECT_TRUE(yes.adopt_volumes && yes.learn_lineages && yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(0));
}

TEST_F(hello_test, the_same_start_again_changes_nothing) {
  met(50);
  const auto yes = accepted();
  EXPECT_FALSE(yes.adopt_volumes || yes.learn_lineages || yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(50));
}

TEST_F(hello_test, a_restart_cuts_what_the_primary_did_not_keep) {
  met(50);
  theirs.starts.push_back(start(2, 40));
  const auto yes = accepted();
  EXPECT_TRUE(yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(40));
}

TEST_F(hello_test, a_double_restart_cuts_to_the_lowest_not_to_the_latest) {
  met(50);
  theirs.starts.push_back(start(2, 30));
  theirs.starts.push_back(start(3, 45));
  EXPECT_EQ(accepted().keep_to, sequence(30));
}

TEST_F(hello_test, starts_that_were_met_before_cut_nothing_again) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts.push_back(start(3, 45));
  EXPECT_EQ(accepted().keep_to, sequence(45));
}

TEST_F(hello_test, a_restart_that_kept_more_than_is_here_cuts_nothing) {
  met(50);
  theirs.starts.push_back(start(2, 70));
  EXPECT_EQ(accepted().keep_to, sequence(50));
}

TEST_F(hello_test, a_cut_below_what_was_sealed_is_refused) {
  met(50);
  ours.never_below = sequence(41);
  theirs.starts.push_back(start(2, 40));
  expect_refused(refusal_code::unknown_lineage, "diverged");
  ours.never_below = sequence(40);
  EXPECT_EQ(accepted().keep_to, sequence(40));
}

TEST_F(hello_test, a_lower_start_is_refused) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts.pop_back();
  expect_refused(refusal_code::old_incarnation, "start 1, but start 2 was met");
}

TEST_F(hello_test, a_known_start_with_another_history_is_refused) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts = {start(1, 0), start(2, 29), start(3, 60)};
  expect_refused(refusal_code::unknown_lineage, "start 2");
}

TEST_F(hello_test, starts_must_ascend_and_be_there) {
  met(0);
  ours.starts.clear();
  theirs.starts = {start(2, 0), start(1, 0)};
  expect_refused(refusal_code::protocol, "ascend");
  theirs.starts.clear();
  expect_refused(refusal_code::protocol, "no start");
}

TEST_F(hello_test, a_primary_that_trimmed_what_is_missing_is_refused) {
  met(50);
  theirs.oldest_held = sequence(51);
  accepted();
  theirs.oldest_held = sequence(52);
  expect_refused(refusal_code::needs_copy, "holds records from 52");
}

TEST_F(hello_test, a_cut_counts_when_it_is_asked_what_is_missing) {
  met(50);
  theirs.oldest_held = sequence(45);
  theirs.starts.push_back(start(2, 40));
  expect_refused(refusal_code::needs_copy, "this side ends at 40");
}

TEST_F(hello_test, a_primary_that_was_taken_over_is_told_the_new_lineage) {
  met(50);
  ours.lineages.push_back({samples::id(8), samples::id(1), sequence(44)});
  ours.role = member_role::primary;
  const auto verdict = judge_hello(theirs, ours);
  const auto* no = std::get_if<refusal>(&verdict);
  ASSERT_TRUE(no);
  EXPECT_EQ(no->code, refusal_code::old_lineage);
  EXPECT_EQ(no->lineages, ours.lineages);
}

TEST_F(hello_test, another_first_lineage_is_refused) {
  met(50);
  ours.lineages = {{samples::id(9), {}, {}}};
  expect_refused(refusal_code::unknown_lineage, "diverged");
}

TEST_F(hello_test, lineages_that_forked_apart_are_refused) {
  met(50);
  ours.lineages.push_back({samples::id(8), samples::id(1), sequence(44)});
  theirs.lineages.push_back({samples::id(9), samples::id(1), sequence(44)});
  expect_refused(refusal_code::unknown_lineage, "diverged");
}

TEST_F(hello_test, two_primaries_do_not_replicate) {
  met(50);
  ours.role = member_role::primary;
  expect_refused(refusal_code::unknown_lineage, "is primary here");
}

TEST_F(hello_test, a_volume_may_be_larger_here_than_at_the_primary) {
  met(50);
  ours.volumes[0].size_bytes = size * 2;
  EXPECT_TRUE(std::holds_alternative<hello_accepted>(judge_hello(theirs, ours)));
}

TEST_F(hello_test, volumes_must_be_the_same) {
  met(0);
  theirs.volumes[0].size_bytes = size * 2;
  expect_refused(refusal_code::wrong_volumes, "1048576 bytes here and 2097152");
  theirs.volumes = ours.volumes;
  theirs.volumes[0].name = "other";
  expect_refused(refusal_code::wrong_volumes, "no volume named data");
  theirs.volumes = ours.volumes;
  theirs.volumes[1].id = samples::id(99);
  expect_refused(refusal_code::wrong_volumes, samples::id(99).text());
  theirs.volumes = ours.volumes;
  theirs.volumes.pop_back();
  expect_refused(refusal_code::wrong_volumes, "has 1 volumes, this side 2");
  theirs.volumes = ours.volumes;
  theirs.volumes[1].index = 1;
  expect_refused(refusal_code::protocol, "not numbered");
}

TEST_F(hello_test, volumes_that_were_not_born_empty_do_not_begin_to_replicate) {
  ours.volumes = {{0, {}, "data", size, 0, "", true}, {0, {}, "log", size, 0, "", false}};
  expect_refused(refusal_code::wrong_volumes,
                 "initial copy is not available yet: volume log was not born empty on both sides");
  ours.volumes[1].born_empty = true;
  theirs.volumes[1].born_empty = false;
  expect_refused(refusal_code::wrong_volumes, "initial copy is not available yet");
}

TEST_F(hello_test, versions_must_overlap) {
  met(0);
  theirs.version_min = theirs.version_max = link_version + 1;
  expect_refused(refusal_code::version, "speaks version 2 of the link, the primary 3 to 3");
  theirs.version_min = theirs.version_max = 1;
  expect_refused(refusal_code::version, "speaks version 2 of the link, the primary 1 to 1");
  theirs.version_max = link_version;
  EXPECT_EQ(accepted().version, link_version);
}

TEST_F(hello_test, another_member_is_refused) {
  met(0);
  theirs.member = "m2";
  expect_refused(refusal_code::wrong_group_or_member, "not m2 of bank");
}

}  // namespace
}  // namespace cairn

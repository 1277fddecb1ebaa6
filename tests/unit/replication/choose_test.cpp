// The rule of the selection: which marker, given what every member answered.
#include <gtest/gtest.h>

#include "tests/unit/replication/selection_support.h"

namespace cairn::selection_tests {
namespace {

TEST(choose, takes_the_maximum_of_the_intersection_not_the_minimum_of_the_newest) {
  const auto c = choose(settings(), {holding({1, 2}), holding({1, 3})}, {});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->at, marker(1));
}

TEST(choose, a_marker_sealed_at_one_member_only_is_not_used) {
  const auto c = choose(settings(), {holding({1}), holding({})}, {});
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, ENOENT);
}

TEST(choose, using_a_marker_that_is_not_sealed_everywhere_ends_the_process) {
  check_common({holding({1, 2}), holding({1, 2})}, marker(2));
  check_common({holding({2}, 2), holding({1})}, marker(2));
  EXPECT_DEATH(check_common({holding({1, 2}), holding({1})}, marker(2)), "invariant I4 broken");
}

TEST(choose, the_same_number_of_different_epochs_is_not_common) {
  reported other = holding({1});
  other.markers.push_back(entry(2));
  other.markers.back().marker = marker(2, 2);
  const auto c = choose(settings(), {holding({1, 2}), other}, {});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->at, marker(1));
}

TEST(choose, an_interrupted_apply_is_finished_before_anything_else) {
  // b was told 3 and its coordinator died; the seal of 3 is gone from a's answer.
  const auto c = choose(settings(), {holding({1, 2}, 0), holding({3}, 3, 3)}, {});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->at, marker(3));
}

TEST(choose, nothing_below_the_highest_target_may_be_named) {
  const auto c = choose(settings(), {holding({2, 3}, 2), holding({1, 2, 3})}, marker_number(1));
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, EPERM);
}

TEST(choose, an_older_common_marker_may_be_named) {
  const auto c = choose(settings(), {holding({1, 2, 3}), holding({1, 2, 3})}, marker_number(2));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->at, marker(2));
}

TEST(choose, a_named_marker_that_one_member_lacks_is_refused_by_name) {
  const auto c = choose(settings(), {holding({1, 2}), holding({1, 3})}, marker_number(2));
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().text, "marker 2 is not held, sealed, by every secondary: not by b");
}

TEST(choose, a_promoted_member_decides_for_all) {
  const auto c = choose(settings(), {promoted_at(2, lineage_no(7)), holding({2, 3, 4}, 2, 2)}, {});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->at, marker(2));
  EXPECT_EQ(c->promoted_as, lineage_no(7));
}

TEST(choose, members_promoted_in_different_takeovers_are_refused) {
  EXPECT_FALSE(
      choose(settings(), {promoted_at(2, lineage_no(7)), promoted_at(2, lineage_no(8))}, {}));
  EXPECT_FALSE(
      choose(settings(), {promoted_at(2, lineage_no(7)), promoted_at(3, lineage_no(7))}, {}));
}

TEST(choose, a_coordinator_with_one_member_too_few_selects_nothing) {
  const auto c = choose(settings({"a"}), {holding({1, 2})}, {});
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, EPERM);
  EXPECT_NE(c.error().text.find("another set of members"), std::string::npos) << c.error().text;
}

TEST(choose, a_marker_of_another_group_is_refused) {
  reported r = holding({});
  r.markers.push_back(entry(1, names, "other"));
  const auto c = choose(settings(), {r, r}, {});
  ASSERT_FALSE(c);
  EXPECT_NE(c.error().text.find("another group"), std::string::npos) << c.error().text;
}

}  // namespace
}  // namespace cairn::selection_tests

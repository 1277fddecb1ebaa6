// What a round does while its number can't be kept: persist, then send.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/replication/marker_round_support.h"

namespace cairn::round_tests {
namespace {

const error locked{EBUSY, "state.db: locked"};

TEST(marker_round_persist, a_number_that_was_not_kept_is_left_out_and_the_round_begins_later) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.tell(0, true, 900);
  r.tell(1, true, 900);
  const auto begun = r.round.demand(2 * ms);
  const marker_id lost = persisted(begun)->marker;
  EXPECT_TRUE(r.round.on_persist_failed(lost, locked, 2 * ms).empty());
  EXPECT_EQ(r.round.obstacle(3 * ms),
            "the coordinator's state can't be written and is tried again: state.db: locked");
  EXPECT_FALSE(persisted(r.round.on_time(3 * ms))) << "before the pause is over";
  EXPECT_EQ(r.round.next_deadline_us(), 102 * ms);
  const auto again = r.round.on_time(102 * ms);  // the demand still stands
  ASSERT_TRUE(persisted(again));
  EXPECT_EQ(persisted(again)->marker.number, lost.number.next());
  EXPECT_TRUE(sent<mark>(r.round.on_persisted(lost, 103 * ms)).empty());
  EXPECT_EQ(sent<mark>(r.round.on_persisted(persisted(again)->marker, 103 * ms)).size(), 2u);
  EXPECT_EQ(r.round.obstacle(104 * ms), "");
}

TEST(marker_round_persist, a_round_that_begins_later_asks_again_who_is_there) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  const auto lost = persisted(r.round.on_time(1000 * ms))->marker;
  r.round.on_persist_failed(lost, locked, 1000 * ms);
  const auto asked = r.round.on_time(1100 * ms);  // nobody was heard within the interval
  EXPECT_FALSE(persisted(asked));
  EXPECT_EQ(sent<status_request>(asked).size(), 2u);
  r.round.on_status(0, primary_status(), 1101 * ms);
  EXPECT_TRUE(persisted(r.round.on_status(1, primary_status(), 1101 * ms)));
}

TEST(marker_round_persist, a_member_that_is_away_is_named_before_a_state_that_is_not_tried) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  r.round.on_persist_failed(persisted(r.round.demand(200))->marker, locked, 200);
  r.round.on_disconnected(1, 300);
  EXPECT_EQ(r.round.obstacle(300), "b is not connected");
}

TEST(marker_round_persist, one_number_at_a_time_is_on_its_way_to_the_disk) {
  marker_round round(two_members(), {});
  round.on_connected(0, primary_hello(), 0);
  const auto first = persisted(round.on_connected(1, primary_hello(), 0))->marker;
  round.on_disconnected(1, 100);  // given up before its number is kept
  EXPECT_FALSE(persisted(round.on_connected(1, primary_hello(), 5000 * ms)));
  round.on_status(0, primary_status(), 5000 * ms);
  const auto next = round.on_persisted(first, 5001 * ms);
  EXPECT_TRUE(sent<mark>(next).empty());
  EXPECT_TRUE(persisted(next));
}

TEST(marker_round_persist, a_final_failure_stops_markers_with_its_sentence) {
  a_round r;
  r.insert(0, 100);
  r.insert(1, 100);
  const auto lost = persisted(r.round.demand(200))->marker;
  r.round.on_persist_failed(lost, {EIO, "state.db: fsync failed", error_class::final}, 200);
  EXPECT_TRUE(r.round.persisting().stopped());
  EXPECT_EQ(r.round.obstacle(300),
            "the coordinator's state can't be written: state.db: fsync failed; start the "
            "coordinator again when that is mended");
  EXPECT_FALSE(r.next_at(9000 * ms));
  EXPECT_FALSE(persisted(r.round.demand(9001 * ms)));
  // What was released before still gets its outcome.
  r.tell(0, true, 9002 * ms);
  EXPECT_TRUE(ended(r.tell(1, true, 9002 * ms)));
}

}  // namespace
}  // namespace cairn::round_tests

#include "coordinator/state_store.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

#include "base/random.h"
#include "coordinator/history.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
namespace {

marker_id marker(std::uint64_t n, std::uint64_t made_in = 1) {
  return {marker_number(n), epoch(made_in)};
}

class state_store_test : public testing::Test {
 protected:
  std::unique_ptr<state_store> open(bool primary = true, const std::string& group = "g") {
    auto opened = state_store::open(posix_disk(), where_ / "state", group, primary, 0);
    if (!opened) problem_ = opened.error().text;
    return opened ? std::move(*opened) : nullptr;
  }
  temporary_directory where_;
  std::string problem_;
};

TEST_F(state_store_test, ANewStateKnowsNoMarkerAndNoSelection) {
  auto s = open();
  EXPECT_EQ(s->last_marker(), marker_id{});
  EXPECT_EQ(s->selection(), selection_state{});
}

TEST_F(state_store_test, ATakenMarkerIsTheLastOneAfterARestart) {
  ASSERT_TRUE(open()->take_marker(marker(7, 3), "before the upgrade"));
  auto s = open();
  EXPECT_EQ(s->last_marker(), marker(7, 3));
  const auto rows = s->markers(10);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().outcome, "running");
  EXPECT_EQ(rows->front().name, "before the upgrade");
}

TEST_F(state_store_test, AnOutcomeIsListed) {
  auto s = open();
  ASSERT_TRUE(s->take_marker(marker(1), ""));
  marker_view m;
  m.marker = marker(1);
  m.outcome = "void";
  m.reason = "m2: hold limit";
  m.held_max_us = 50'000;
  ASSERT_TRUE(s->end_marker(m));
  EXPECT_EQ(s->markers(10)->front().reason, "m2: hold limit");
  EXPECT_EQ(s->markers(10)->front().held_max_us, 50'000u);
}

TEST_F(state_store_test, ASelectionIsReadBackWhole) {
  selection_state state{epoch(5), marker(9, 2), takeover_decision{marker(9, 2), {}, false}};
  state.takeover->opened = system_random().make_uuid();
  ASSERT_TRUE(open(false)->save(state));
  EXPECT_EQ(open(false)->selection(), state);
  state.takeover->finished = true;
  ASSERT_TRUE(open(false)->save(state));
  EXPECT_EQ(open(false)->selection(), state);
}

TEST_F(state_store_test, TheStateOfAnotherGroupOrRoleIsRefusedByName) {
  open();
  EXPECT_EQ(open(true, "other"), nullptr);
  EXPECT_NE(problem_.find("the primary coordinator of group g"), std::string::npos) << problem_;
  EXPECT_EQ(open(false), nullptr);
}

TEST_F(state_store_test, AStateWithoutItsRowIsRefused) {
  open();
  {
    auto db =
        *database::open(posix_disk(), where_ / "state/state.db", database::access::read_write);
    ASSERT_TRUE(db->transaction(database::durability::full,
                                [&] { return db->execute("DELETE FROM identity"); }));
  }
  EXPECT_EQ(open(), nullptr);
  EXPECT_NE(problem_.find("table identity has no row"), std::string::npos) << problem_;
}

TEST_F(state_store_test, TwoProcessesDoNotShareAState) {
  auto first = open();
  EXPECT_EQ(open(), nullptr);
  EXPECT_NE(problem_.find("lock"), std::string::npos) << problem_;
}

TEST_F(state_store_test, EventsAreReadFromWhereTheReaderStopped) {
  auto s = open();
  ASSERT_TRUE(s->add_event("notice", "one", 1));
  ASSERT_TRUE(s->add_event("warning", "two", 2));
  const auto all = s->events(0, 10);
  ASSERT_EQ(all->size(), 2u);
  const auto rest = s->events(all->front().id, 10);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->front().sentence, "two");
}

TEST_F(state_store_test, CommonMarkersAreListedOnce) {
  auto s = open(false);
  ASSERT_TRUE(s->add_common({marker(1), marker(2)}, 1));
  ASSERT_TRUE(s->add_common({marker(2), marker(3)}, 2));
  const auto rows = s->markers(10);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ(rows->front().marker, marker(3));
}

// The coordinator's thread must not stand still for it.
TEST_F(state_store_test, ALockedStateIsRefusedSoonAndWrittenLater) {
  auto s = open();
  auto other =
      *database::open(posix_disk(), where_ / "state/state.db", database::access::read_write);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  const auto begun = std::chrono::steady_clock::now();
  const auto refused = s->take_marker(marker(7), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBUSY);
  EXPECT_EQ(s->last_marker(), marker_id{}) << "readers do not wait";
  ASSERT_TRUE(other->execute("ROLLBACK"));
  EXPECT_TRUE(s->take_marker(marker(8), ""));
  EXPECT_EQ(s->last_marker(), marker(8));
}

TEST_F(state_store_test, TheHistoryWaitsWhileTheStateIsLocked) {
  auto s = open();
  history rows(*s);
  const auto add = [&](const char* sentence) {
    rows.add([sentence](state_store& to) { return to.add_event("notice", sentence, 1); });
  };
  auto other =
      *database::open(posix_disk(), where_ / "state/state.db", database::access::read_write);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  add("one");
  add("two");
  rows.try_again();
  EXPECT_TRUE(s->events(0, 10)->empty());
  ASSERT_TRUE(other->execute("ROLLBACK"));
  rows.try_again();
  add("three");
  const auto all = s->events(0, 10);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->front().sentence, "one");
  EXPECT_EQ(all->back().sentence, "three");
}

TEST_F(state_store_test, TheOldestRowsAreDroppedWhileTheStateIsLockedForLong) {
  auto s = open();
  history rows(*s);
  auto other =
      *database::open(posix_disk(), where_ / "state/state.db", database::access::read_write);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  for (std::size_t i = 0; i < history::rows_max + 5; ++i)
    rows.add([i](state_store& to) { return to.add_event("notice", std::to_string(i), 1); });
  ASSERT_TRUE(other->execute("ROLLBACK"));
  rows.try_again();
  const auto all = s->events(0, 2 * history::rows_max);
  ASSERT_EQ(all->size(), history::rows_max);
  EXPECT_EQ(all->front().sentence, "5");
}

}  // namespace
}  // namespace cairn

// Somebody keeps a coordinator's state locked: it says so, nothing leaves that rests on it, and all
// goes on when the lock is gone.
#include <algorithm>

#include "storage/database.h"
#include "tests/unit/coordinator/two_sites.h"

namespace cairn {
namespace {

class locked_state : public two_sites {
 protected:
  std::unique_ptr<database> lock(const std::string& coordinator) {
    auto db = *database::open(posix_disk(), where_ / coordinator + "/state.db",
                              database::access::read_write);
    EXPECT_TRUE(db->execute("BEGIN IMMEDIATE"));
    return db;
  }
  static bool says_so(coordinator& c) {
    const auto s = c.snapshot();
    return s.level >= verdict_level::warning && s.holding &&
           s.holding->because.find("state.db") != std::string::npos &&
           s.verdict.find("state.db") != std::string::npos;
  }
  static std::size_t events(coordinator& c, const std::string& words) {
    const auto all = c.events(0);
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& e) { return e.sentence.find(words) != std::string::npos; }));
  }
  static bool told_once(coordinator& c) {
    return eventually([&] {
      return events(c, "state can't be written and is tried again") == 1 &&
             events(c, "state is written again") == 1;
    });
  }
};

TEST_F(locked_state, APrimaryCoordinatorMakesMarkersAgainWhenTheLockIsGone) {
  auto& a = start_coordinator(config(true));
  const marker_id before = marker_now(a);
  auto held = lock("site-a");
  ASSERT_TRUE(eventually([&] { return says_so(a); })) << a.snapshot().verdict;
  const auto id = a.marker_now("in between");
  ASSERT_TRUE(id);
  EXPECT_TRUE(eventually([&] {
    return a.operation(*id)->sentence.find("state can't be written") != std::string::npos;
  })) << a.operation(*id)->sentence;
  const auto begun = a.snapshot().rounds.begun;
  held.reset();
  const auto done = ended(a, id);
  EXPECT_EQ(done.state, operation_state::done) << done.sentence;
  EXPECT_GT(done.marker->marker.number, before.number);
  EXPECT_EQ(done.marker->name, "in between");
  EXPECT_GT(a.snapshot().rounds.begun, begun);
  EXPECT_FALSE(says_so(a));
  EXPECT_TRUE(told_once(a));
}

TEST_F(locked_state, ASecondaryCoordinatorFollowsOnWhenTheLockIsGone) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  ASSERT_TRUE(eventually([&] { return bool(b.snapshot().applied.marker); }));
  auto held = lock("site-b");
  ASSERT_TRUE(eventually([&] { return says_so(b); })) << b.snapshot().verdict;
  const marker_id later = stored_marker_now(a);
  EXPECT_LT(member_of(false, 0).status().applied_marker, later);
  held.reset();
  EXPECT_TRUE(eventually([&] { return b.snapshot().applied.marker >= later; }));
  EXPECT_TRUE(eventually([&] { return !says_so(b); }));
  EXPECT_TRUE(told_once(b));
}

TEST_F(locked_state, ATakeoverAskedForMeanwhileIsCarriedOutWhenTheLockIsGone) {
  auto& a = start_coordinator(config(true));
  auto& b = start_coordinator(config(false));
  stored_marker_now(a);
  stop_coordinator(a);
  auto held = lock("site-b");
  const auto id = b.run_takeover({});
  ASSERT_TRUE(eventually([&] { return says_so(b); }));
  EXPECT_FALSE(gateways_[false][0]->exports().front().facts().writable);
  held.reset();
  const auto done = ended(b, id);
  ASSERT_EQ(done.state, operation_state::done) << done.sentence;
  for (std::size_t i = 0; i < members; ++i)
    EXPECT_TRUE(gateways_[false][i]->exports().front().facts().writable);
}

}  // namespace
}  // namespace cairn

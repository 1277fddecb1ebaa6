// A marker that somebody asked for, and rounds that become void.
#include "tests/unit/coordinator/two_sites.h"

namespace cairn {
namespace {

using asked_markers_test = two_sites;

// The command failed with the first void round; on a busy machine that was any round.
TEST_F(asked_markers_test, AVoidRoundIsNotTheMarkerThatWasAskedFor) {
  using std::chrono::milliseconds;
  auto c = config(true);
  c.hold_limit = milliseconds(5);
  c.delay_mark = {name(1), milliseconds(20)};  // beyond the limit: every round is void
  auto& primary = start_coordinator(c);
  const auto id = primary.marker_now("before the upgrade");
  ASSERT_TRUE(id) << id.error().text;
  ASSERT_TRUE(eventually([&] { return primary.snapshot().rounds.voided >= 2; }));
  EXPECT_EQ(primary.operation(*id)->state, operation_state::running);
  c.marker_interval = milliseconds(2000);
  c.hold_limit = milliseconds(500);
  primary.reload(c);
  const auto done = ended(primary, id);
  EXPECT_EQ(done.state, operation_state::done) << done.sentence;
  ASSERT_TRUE(done.marker);
  EXPECT_EQ(done.marker->outcome, "sealed");
  EXPECT_EQ(done.marker->name, "before the upgrade");
}

}  // namespace
}  // namespace cairn

// A void-range goes over a link alone, in a stretch of its own.
#include "gateway/link/stretch_packer.h"
#include "tests/support/void_range_fixture.h"

namespace cairn {
namespace {

// A takeover makes it a primary's, which ships it to a peer that may have some of it already.
TEST_F(VoidRangeTest, IsShippedAloneAndOnlyWhatThePeerLacks) {
  ASSERT_TRUE(log_->sync());
  auto state = log_->state();
  state.role = member_role::primary;
  state.lineages = {{random_.make_uuid(), {}, {}},
                    {random_.make_uuid(), {}, sequence(void_to + 3)}};
  ASSERT_TRUE(log_->fork(sequence(void_to + 3), state));
  kill_and_open();
  expect_all();

  const auto before = pack_stretch(*log_, {sequence(1), sequence(100), 1 << 20}, incarnation(3));
  ASSERT_TRUE(before) << before.error().text;
  EXPECT_EQ(before->message.last, sequence(void_from - 1));
  EXPECT_FALSE(before->message.void_range);

  for (const std::uint64_t first : {void_from, std::uint64_t{4096}}) {
    const stretch_order order{sequence(first), sequence(first + 4096), 1 << 20};
    const auto packed = pack_stretch(*log_, order, incarnation(3));
    ASSERT_TRUE(packed) << packed.error().text;
    EXPECT_TRUE(packed->message.void_range);
    EXPECT_EQ(packed->message.first, sequence(first));
    EXPECT_EQ(packed->message.last, sequence(void_to));
    const auto header = decode_header(packed->message.records, 0);
    ASSERT_TRUE(header);
    EXPECT_EQ(first_of(*header), sequence(first));
    EXPECT_EQ(packed->message.records.size(), stored_bytes(named_body_bytes));
  }
}

}  // namespace
}  // namespace cairn

// The rows of a journal that are kept in memory: bounded, whatever is behind.
#include "journal/record_tail.h"
#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

row row_of(std::uint64_t n) {
  row r;
  r.what.seq = sequence(n);
  return r;
}

TEST(RecordTail, WhatTheCatalogHasIsKeptUpToTheBoundOnly) {
  record_tail tail;
  for (std::uint64_t n = 1; n <= 3 * tail_rows_max; ++n) {
    tail.push(row_of(n));
    tail.shrink(sequence(n));
    ASSERT_LE(tail.size(), tail_rows_max);
  }
  EXPECT_TRUE(tail.holds(sequence(3 * tail_rows_max)));
}

TEST(RecordTail, WhatTheCatalogLacksIsKept) {
  record_tail tail;
  for (std::uint64_t n = 1; n <= tail_rows_max + 10; ++n) tail.push(row_of(n));
  tail.shrink(sequence(3));
  EXPECT_EQ(tail.first(), sequence(4));
}

class TailBoundsTest : public JournalFixture {};

// Nobody writes rows: who appends does it in the end, so that neither memory nor the time of a
// recovery grow without a bound.
TEST_F(TailBoundsTest, AppendersWriteRowsThemselvesWhenTooManyAreBehind) {
  options_.segment_bytes = 16 << 20;
  options_.size_max = 256 << 20;
  open();
  record zero;
  zero.kind = record_kind::zero;
  zero.volume = 1;
  zero.range = {0, 512};
  zero.data_crc = crc32c({});
  for (std::uint64_t n = 0; n < backlog_rows_max + 20'000; ++n)
    ASSERT_TRUE(append_record(zero, {}));
  const auto behind = log_->write_rows(~std::size_t{0});
  ASSERT_TRUE(behind) << behind.error().text;
  EXPECT_LE(*behind, backlog_rows_max);
}

}  // namespace
}  // namespace cairn

// A void-range in a secondary's journal is received, read, recovered, cut and trimmed as one
// record.
#include "storage/database.h"
#include "tests/support/void_range_fixture.h"

namespace cairn {
namespace {

TEST_F(VoidRangeTest, IsOneRowInTheTailAndInTheCatalog) {
  expect_all();
  write_all_rows();
  kill_and_open();
  expect_all();
}

TEST_F(VoidRangeTest, IsFoundByAScan) {
  ASSERT_TRUE(log_->sync());  // rows are written by nobody
  cut_power_and_open();
  EXPECT_EQ(report_.records_scanned, 9u);
  expect_all();
  ASSERT_TRUE(receive());
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(void_to + 4));
}

TEST_F(VoidRangeTest, ThatIsLostIsAHoleWhereItBegins) {
  const auto lost = row_at(void_from);
  const auto path = file_of(lost);
  disk_.kill();
  disk_.flip_bit(path, lost.at.position + 70);
  open();
  EXPECT_EQ(log_->assigned(), sequence(void_from - 1));
  ASSERT_TRUE(receive_void(void_to));
  EXPECT_EQ(log_->assigned(), sequence(void_to));
}

TEST_F(VoidRangeTest, DamageBelowTheWatermarkIsNotTakenForAHole) {
  ASSERT_TRUE(log_->sync());
  write_all_rows();
  const auto lost = row_at(void_from);
  const auto path = file_of(lost);
  disk_.kill();
  disk_.flip_bit(path, lost.at.position + 70);
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("record " + std::to_string(void_to)), std::string::npos)
      << refused.error().text;
}

TEST_F(VoidRangeTest, ARowThatIsMissingIsNoticed) {
  ASSERT_TRUE(log_->sync());
  write_all_rows();
  log_.reset();
  auto db = *database::open(disk_, "/state/journal/catalog.db", database::access::read_write);
  ASSERT_TRUE(db->transaction(database::durability::full,
                              [&] { return db->execute("DELETE FROM records WHERE kind = 11"); }));
  db.reset();
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("catalog.db is damaged: 8 records have rows"),
            std::string::npos)
      << refused.error().text;
}

TEST_F(VoidRangeTest, IsNotSplitByACut) {
  write_all_rows();
  const auto refused = log_->truncate(sequence(100), {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("would split the void-range up to"), std::string::npos);
  ASSERT_TRUE(log_->truncate(sequence(void_to), {}));
  EXPECT_EQ(log_->assigned(), sequence(void_to));
  ASSERT_TRUE(log_->truncate(sequence(void_from - 1), {}));
  EXPECT_EQ(numbers(1, void_to), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(void_from - 1));
}

TEST_F(VoidRangeTest, WhatDoesNotFollowItIsRefused) {
  EXPECT_FALSE(
      receive(write_draft(0, content(sequence(9), 10)), sequence(9), content(sequence(9), 10)));
  EXPECT_FALSE(receive_void(void_to + 3)) << "it would be empty";
}

TEST_F(VoidRangeTest, IsTrimmedWithItsSegment) {
  while (log_->usage().segments < 3) ASSERT_TRUE(receive());
  ASSERT_TRUE(log_->sync());
  const auto last = log_->durable();
  ASSERT_TRUE(log_->save_backed(last));
  ASSERT_TRUE(log_->trim(last));
  EXPECT_GT(log_->trimmed(), sequence(void_to));
  EXPECT_FALSE(log_->rows(sequence(77), sequence(77), 1, 1));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), last);
}

}  // namespace
}  // namespace cairn

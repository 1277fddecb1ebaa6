// When a database checkpoints, and what a failed fsync does to it.
#include "storage/database.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "tests/support/virtual_disk.h"

namespace cairn {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(db_->transaction(database::durability::normal, [&] {
      return db_->execute("CREATE TABLE t (n INTEGER PRIMARY KEY, filling BLOB)");
    }));
  }
  void open() {
    db_.reset();
    db_ = *database::open(disk_, "/d/db", database::access::read_write);
  }

  class zeroes final : public random_source {
   public:
    void fill(byte_span out) override { std::fill(out.begin(), out.end(), std::byte{}); }
  };

  // About two pages of WAL.
  result<void> commit_one(database::durability how = database::durability::normal) {
    return db_->transaction(
        how, [&] { return db_->execute("INSERT INTO t (filling) VALUES (zeroblob(3500))"); });
  }
  void commit(int n) {
    for (int i = 0; i < n; ++i) {
      const auto done = commit_one();
      ASSERT_TRUE(done) << done.error().text;
    }
  }
  std::uint64_t rows() {
    auto count = *db_->prepare("SELECT count(*) FROM t");
    return count.step() ? count.column(0) : 0;
  }
  std::size_t wal_bytes() const { return disk_.content("/d/db-wal")->size(); }

  virtual_disk disk_;
  std::unique_ptr<database> db_;
};

constexpr int commits_up_to_a_checkpoint = database::checkpoint_pages / 2;

TEST_F(DatabaseTest, AFailedSyncOfTheWalInACheckpointFailsItsCommitAndAllThatFollow) {
  commit(1);
  disk_.fail_next_sync("/d/db-wal", EIO);
  int done = 0;
  result<void> last;
  while ((last = commit_one()) && done < 2 * commits_up_to_a_checkpoint) ++done;
  ASSERT_FALSE(last) << "nobody was told";
  EXPECT_EQ(last.error().code, EIO);
  EXPECT_NE(last.error().text.find("/d/db: checkpoint"), std::string::npos) << last.error().text;
  EXPECT_GT(done, commits_up_to_a_checkpoint / 2) << "a checkpoint at every commit costs too much";
  EXPECT_FALSE(commit_one()) << "the next sync would succeed, but is not believed";
  EXPECT_FALSE(commit_one(database::durability::full));
}

TEST_F(DatabaseTest, AFailedSyncOfACommitIsFinal) {
  disk_.fail_next_sync("/d/db-wal", EIO);
  EXPECT_FALSE(commit_one(database::durability::full));
  EXPECT_FALSE(commit_one(database::durability::full));
}

TEST_F(DatabaseTest, AfterAFailedSyncNotEvenClosingCheckpoints) {
  ASSERT_TRUE(commit_one(database::durability::full));
  commit(10);
  disk_.fail_next_sync("/d/db-wal", EIO);
  ASSERT_FALSE(commit_one(database::durability::full));
  const auto before = *disk_.content("/d/db");
  db_.reset();
  EXPECT_TRUE(*disk_.content("/d/db") == before);
  disk_.kill();
  open();
  EXPECT_EQ(rows(), 1u) << "what was synced";
}

TEST_F(DatabaseTest, AFullCommitOfTheStartAfterAFailedSyncSurvivesALossOfPower) {
  ASSERT_TRUE(commit_one(database::durability::full));
  commit(10);
  disk_.fail_next_sync("/d/db-wal", EIO);
  ASSERT_FALSE(commit_one(database::durability::full));
  disk_.kill();
  open();
  ASSERT_TRUE(commit_one(database::durability::full));
  const auto committed = rows();
  EXPECT_GT(committed, 1u);
  zeroes nothing_arrives;
  disk_.power_cut(nothing_arrives);
  open();
  EXPECT_EQ(rows(), committed);
}

TEST_F(DatabaseTest, WhatIsOnlyLookedAtStaysAsItIs) {
  commit(10);
  disk_.kill();  // what was committed is in the WAL
  const auto main = *disk_.content("/d/db"), wal = *disk_.content("/d/db-wal");
  open();
  EXPECT_EQ(rows(), 10u);
  db_.reset();
  EXPECT_TRUE(*disk_.content("/d/db") == main);
  EXPECT_TRUE(*disk_.content("/d/db-wal") == wal);
}

TEST_F(DatabaseTest, ALookAtWhatWasClosedInOrderLeavesNoWal) {
  db_.reset();
  const auto main = *disk_.content("/d/db");
  open();
  EXPECT_EQ(rows(), 0u);
  db_.reset();
  EXPECT_TRUE(*disk_.content("/d/db") == main);
  EXPECT_FALSE(disk_.content("/d/db-wal"));
}

TEST_F(DatabaseTest, TheWalStaysSmallWhereNobodyReads) {
  commit(8 * commits_up_to_a_checkpoint);
  EXPECT_LT(wal_bytes(), 2U * database::checkpoint_pages * 4096U);
}

TEST_F(DatabaseTest, AWalThatAReaderKeptFromShrinkingShrinksWhenTheReaderIsGone) {
  commit(1);
  auto reader = *database::open(disk_, "/d/db", database::access::read_only);
  auto select = *reader->prepare("SELECT n FROM t");
  ASSERT_TRUE(*select.step());
  commit(10 * commits_up_to_a_checkpoint);
  EXPECT_GT(wal_bytes(), 2U * database::wal_kept_bytes) << "the reader is no error";
  select.reset();
  commit(2 * commits_up_to_a_checkpoint);
  EXPECT_LE(wal_bytes(), std::size_t{database::wal_kept_bytes});
  EXPECT_EQ(rows(), 1u + 12u * commits_up_to_a_checkpoint);
}

TEST_F(DatabaseTest, EachRowIsVisitedOnce) {
  ASSERT_TRUE(
      db_->execute("INSERT INTO t VALUES (3, 30), (4, 40), (5, 50), (9223372036854775807, 1)"));
  std::map<std::uint64_t, std::uint64_t> seen;
  const auto note = [&](const visited_row& r) { seen[r.column(0)] += r.column(1); };
  ASSERT_TRUE(db_->visit_rows("n, filling", "t WHERE n >= ?", {4}, note));
  EXPECT_EQ(seen, (decltype(seen){{4, 40}, {5, 50}, {9223372036854775807, 1}}));
  ASSERT_TRUE(db_->visit_rows("n, filling", "t WHERE n < ?", {3}, note));
  EXPECT_EQ(seen.size(), 3u) << "no row, no visit";
}

TEST_F(DatabaseTest, AVisitThatSqliteRefusesNamesDatabaseAndRows) {
  const auto done = db_->visit_rows("n", "nowhere", {}, [](const visited_row&) {});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text.find("/d/db: "), std::string::npos) << done.error().text;
  EXPECT_NE(done.error().text.find("nowhere"), std::string::npos) << done.error().text;
  EXPECT_FALSE(db_->prepare("SELECT cairn_visit(1)")) << "its visitor is gone";
}

}  // namespace
}  // namespace cairn

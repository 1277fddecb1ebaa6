// The disk that forgets must forget what a real one may, and nothing else; with SQLite on it.
#include "tests/support/virtual_disk.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "storage/database.h"

namespace cairn {
namespace {

class nothing_arrives final : public random_source {
 public:
  void fill(byte_span out) override { std::fill(out.begin(), out.end(), std::byte{}); }
};

class VirtualDiskTest : public testing::Test {
 protected:
  std::unique_ptr<file> make(const std::string& path) {
    return std::move(*disk_.open(path, open_mode::create));
  }
  virtual_disk disk_;
  nothing_arrives nothing_;
  const bytes one_ = bytes(4096, std::byte{1}), two_ = bytes(4096, std::byte{2});
};

TEST_F(VirtualDiskTest, AKillKeepsWhatWasWrittenAndStopsOldHandles) {
  const auto old = make("/d/a");
  ASSERT_TRUE(old->write(byte_view(one_), 0));
  disk_.kill();
  EXPECT_EQ(old->write(byte_view(two_), 0).error().code, EIO);
  EXPECT_EQ(old->sync().error().code, EIO);
  EXPECT_EQ(disk_.content("/d/a"), one_);
  EXPECT_TRUE(make("/d/a")->write(byte_view(two_), 0));
}

TEST_F(VirtualDiskTest, APowerCutTakesWhatWasNotSynced) {
  const auto f = make("/d/a");
  ASSERT_TRUE(f->write(byte_view(one_), 0));
  ASSERT_TRUE(f->sync());
  ASSERT_TRUE(f->write(byte_view(two_), 0));
  ASSERT_TRUE(f->write(byte_view(two_), 4096));
  disk_.power_cut(nothing_);
  EXPECT_EQ(disk_.content("/d/a"), one_);
}

TEST_F(VirtualDiskTest, WhatAFailedSyncDidNotWriteIsReadUntilItIsForgottenAndNeverWritten) {
  const auto f = make("/d/a");
  ASSERT_TRUE(f->write(byte_view(one_), 0));
  ASSERT_TRUE(f->write(byte_view(one_), 4096));
  ASSERT_TRUE(f->sync());
  ASSERT_TRUE(f->write(byte_view(two_), 0));
  ASSERT_TRUE(f->write(byte_view(two_), 4096));
  disk_.fail_next_sync("/d/a", EIO);
  ASSERT_FALSE(f->sync());
  ASSERT_TRUE(f->sync()) << "it has nothing to do";
  bytes read(4096);
  ASSERT_TRUE(f->read(read, 0));
  EXPECT_EQ(read, two_);
  f->forget_cached({0, 4096});
  ASSERT_TRUE(f->read(read, 0));
  EXPECT_EQ(read, one_);
  ASSERT_TRUE(f->read(read, 4096));
  EXPECT_EQ(read, two_);
  disk_.power_cut(nothing_);
  EXPECT_EQ(disk_.content("/d/a")->at(4096), std::byte{1});
}

TEST_F(VirtualDiskTest, WhatIsDirtyIsNotForgotten) {
  const auto f = make("/d/a");
  ASSERT_TRUE(f->write(byte_view(one_), 0));
  f->forget_cached({0, 4096});
  EXPECT_EQ(disk_.content("/d/a"), one_);
  ASSERT_TRUE(f->sync());
  disk_.power_cut(nothing_);
  EXPECT_EQ(disk_.content("/d/a"), one_);
}

TEST_F(VirtualDiskTest, AFileWhoseNameWasNotSyncedMayBeGone) {
  make("/d/a");
  make("/d/b");
  ASSERT_TRUE(make("/d/b")->sync());
  disk_.power_cut(nothing_);
  EXPECT_FALSE(disk_.exists("/d/a"));
  EXPECT_TRUE(disk_.exists("/d/b"));
}

TEST_F(VirtualDiskTest, EachUnsyncedBlockHasItsOwnFate) {
  bool kept = false, lost = false, torn = false;
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    seeded_random random(seed);
    const auto f = make("/d/a");
    ASSERT_TRUE(f->write(byte_view(one_), 0));
    ASSERT_TRUE(f->sync());
    ASSERT_TRUE(f->write(byte_view(two_), 0));
    disk_.power_cut(random);
    const auto now = *disk_.content("/d/a");
    kept |= now == two_;
    lost |= now == one_;
    torn |= now != one_ && now != two_;
  }
  EXPECT_TRUE(kept && lost && torn);
}

TEST_F(VirtualDiskTest, TheProcessDiesAtTheOperationThatWasChosen) {
  const auto f = make("/d/a");
  disk_.die_after(2);
  EXPECT_TRUE(f->write(byte_view(one_), 0));
  EXPECT_FALSE(f->sync());
  EXPECT_TRUE(disk_.died());
  EXPECT_FALSE(disk_.open("/d/a", open_mode::existing));
  disk_.power_cut(nothing_);
  EXPECT_FALSE(disk_.died());
}

TEST_F(VirtualDiskTest, OneOwnerHoldsALockUntilItIsGoneOrKilled) {
  auto first = disk_.open("/d/a", open_mode::create, true);
  EXPECT_EQ(disk_.open("/d/a", open_mode::create, true).error().code, EBUSY);
  disk_.kill();
  auto second = disk_.open("/d/a", open_mode::create, true);
  ASSERT_TRUE(second);
  *first = nullptr;  // the dead owner's handle goes late
  EXPECT_FALSE(disk_.open("/d/a", open_mode::create, true));
}

TEST_F(VirtualDiskTest, AFullCommitSurvivesALossOfPowerAndANormalOneNeedNot) {
  {
    auto db = *database::open(disk_, "/d/db", database::access::read_write);
    const auto insert = [&](database::durability how, const char* sql) {
      ASSERT_TRUE(db->transaction(how, [&] { return db->execute(sql); }));
    };
    insert(database::durability::full, "CREATE TABLE t (n)");
    insert(database::durability::full, "INSERT INTO t VALUES (1)");
    insert(database::durability::normal, "INSERT INTO t VALUES (2)");
    disk_.power_cut(nothing_);
  }
  auto db = *database::open(disk_, "/d/db", database::access::read_write);
  auto count = *db->prepare("SELECT count(*), max(n) FROM t");
  ASSERT_TRUE(*count.step());
  EXPECT_EQ(count.column(0), 1u);
}

TEST_F(VirtualDiskTest, AReaderSeesWhatTheWriterCommittedWhileItIsOpen) {
  auto writer = *database::open(disk_, "/d/db", database::access::read_write);
  ASSERT_TRUE(writer->transaction(database::durability::normal, [&] {
    return writer->execute("CREATE TABLE t (n); INSERT INTO t VALUES (7)");
  }));
  auto reader = *database::open(disk_, "/d/db", database::access::read_only);
  auto select = *reader->prepare("SELECT max(n) FROM t");
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.column(0), 7u);
  select.reset();
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (8)"));
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.column(0), 8u);
  EXPECT_FALSE(reader->execute("INSERT INTO t VALUES (9)"));
}

TEST_F(VirtualDiskTest, AFailedTransactionLeavesNothing) {
  auto db = *database::open(disk_, "/d/db", database::access::read_write);
  ASSERT_TRUE(db->execute("CREATE TABLE t (n)"));
  const auto failed = db->transaction(database::durability::full, [&]() -> result<void> {
    CAIRN_TRY(db->execute("INSERT INTO t VALUES (1)"));
    return fail(EINVAL, "no");
  });
  EXPECT_EQ(failed.error().text, "no");
  auto count = *db->prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(*count.step());
  EXPECT_EQ(count.column(0), 0u);
}

TEST_F(VirtualDiskTest, AnErrorOfSqliteNamesTheDatabase) {
  auto db = *database::open(disk_, "/d/db", database::access::read_write);
  const auto bad = db->prepare("SELECT nonsense FROM nowhere");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().text.find("/d/db"), std::string::npos);
}

}  // namespace
}  // namespace cairn

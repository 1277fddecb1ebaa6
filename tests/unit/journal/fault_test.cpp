// Disks that fail, and callers that break a rule.

#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

class FaultTest : public JournalFixture {};

TEST_F(FaultTest, AnAppendThatFailsBecomesAGapAndThePrefixGoesOn) {
  open();
  ASSERT_TRUE(append());
  disk_.fail_next_write("/segments/", EIO);
  const auto failed = append();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EIO);
  EXPECT_FALSE(log_->failure());
  EXPECT_EQ(*append(), sequence(3));
  EXPECT_EQ(log_->finished(), sequence(3));
  EXPECT_EQ(kind_at(2), record_kind::gap);
  kill_and_open();
  EXPECT_EQ(kind_at(2), record_kind::gap);
  EXPECT_TRUE(report_.gaps.empty()) << "it was written as a gap";
  expect_content(3);
}

TEST_F(FaultTest, AFailedSyncIsFinal) {
  open();
  ASSERT_TRUE(append());
  disk_.fail_next_sync("/segments/", EIO);
  const auto failed = log_->sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EIO);
  ASSERT_TRUE(log_->failure());
  EXPECT_NE(log_->failure()->find("fdatasync"), std::string::npos);
  EXPECT_FALSE(log_->sync()) << "a second one would succeed on this disk, but is not believed";
  EXPECT_FALSE(append());
  EXPECT_FALSE(log_->write_rows(10));
  EXPECT_EQ(log_->durable(), sequence());
}

TEST_F(FaultTest, AFailedSyncOfANewSegmentIsFinalToo) {
  options_.size_max = 16 << 20;
  open();
  disk_.fail_next_sync("2.seg", EIO);
  EXPECT_FALSE(log_->prepare_segment());
  EXPECT_TRUE(log_->failure());
  EXPECT_FALSE(log_->prepare_segment()) << "a second sync would succeed, but is not believed";
  EXPECT_FALSE(append());
}

TEST_F(FaultTest, AFailedSyncOfOneOfManyNewSegmentsIsFinalToo) {
  options_.size_max = 16 << 20;
  open();
  disk_.fail_next_sync("3.seg", EIO);
  EXPECT_FALSE(log_->prepare_segment());
  EXPECT_TRUE(log_->failure());
}

TEST_F(FaultTest, AnAppendUnderWayWhenTheJournalFailsIsNotAcknowledged) {
  open();
  const auto data = content(sequence(1), 100);
  const auto slot = log_->reserve(write_draft(0, data));
  disk_.fail_next_sync("catalog.db", EIO);
  EXPECT_FALSE(log_->update_state([](member_state& s) -> result<void> {
    s.marker_epoch = epoch(1);
    return {};
  }));
  const iovec one{const_cast<std::byte*>(data.data()), data.size()};
  EXPECT_FALSE(log_->write(*slot, std::span(&one, 1)));
}

TEST_F(FaultTest, AFailedSyncOfTheCatalogIsFinalToo) {
  open();
  ASSERT_TRUE(append());
  disk_.fail_next_sync("catalog.db", EIO);
  EXPECT_FALSE(log_->update_state([](member_state& s) -> result<void> {
    s.marker_epoch = epoch(1);
    return {};
  }));
  EXPECT_TRUE(log_->failure());
  EXPECT_FALSE(append());
}

TEST_F(FaultTest, AFailedSyncOfTheWalInACheckpointOfTheCatalogIsFinalToo) {
  options_.segment_bytes = 8 << 20;  // one for all: no commit but those of rows, which sync nothing
  options_.size_max = 64 << 20;
  open();
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->write_rows(10));
  disk_.fail_next_sync("catalog.db-wal", EIO);
  for (int i = 0; i < 2000 && !log_->failure(); ++i)
    if (append(100)) (void)log_->write_rows(10);
  ASSERT_TRUE(log_->failure());
  EXPECT_NE(log_->failure()->find("checkpoint"), std::string::npos) << *log_->failure();
  EXPECT_FALSE(append());
  EXPECT_FALSE(log_->sync());
}

TEST_F(FaultTest, RotInASegmentIsNamedWhenItIsRead) {
  open();
  ASSERT_TRUE(append());
  const auto r = row_at(1);
  const auto path = file_of(r);
  disk_.flip_bit(path, r.at.position + record_header_bytes + 7);
  raw_bytes out;
  const auto read = log_->read_record(r, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EBADMSG);
  EXPECT_NE(read.error().text.find("record 1 in " + path), std::string::npos);
  EXPECT_TRUE(out.empty());
}

TEST_F(FaultTest, AMisdirectedWriteIsNamedWhenItIsRead) {
  open();
  ASSERT_TRUE(append());
  ASSERT_TRUE(append());
  const auto first = row_at(1), second = row_at(2);
  const auto path = file_of(first);
  const auto all = *disk_.content(path);
  disk_.overwrite(path, byte_view(all).subspan(second.at.position, 1536), first.at.position);
  raw_bytes out;
  const auto read = log_->read_record(first, out);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().text.find("another record's"), std::string::npos);
}

TEST_F(FaultTest, OtherCallsMayComeWhileARecordIsBeingWritten) {
  open();
  int depth = 0;
  disk_.before_record_write = [&](const std::string&, std::uint64_t) {
    if (++depth < 4) {
      EXPECT_TRUE(append());
      EXPECT_TRUE(log_->write_rows(10));
      EXPECT_EQ(log_->finished(), sequence()) << "the first append has not finished";
      const auto rows = log_->rows(sequence(1), sequence(9), 9, 1 << 20);
      EXPECT_TRUE(rows && rows->empty()) << "nothing unfinished may be read";
      EXPECT_FALSE(log_->ready(log_->begin_sync()));
    }
  };
  const auto data = content(sequence(1), 1000);
  ASSERT_TRUE(append_record(write_draft(0, data), data));
  disk_.before_record_write = nullptr;
  EXPECT_EQ(log_->finished(), sequence(4));
}

using FaultDeathTest = FaultTest;

TEST_F(FaultDeathTest, ASyncBeforeItIsReadyEndsTheProcess) {
  open();
  ASSERT_TRUE(log_->reserve(write_draft(0, {})));
  const auto point = log_->begin_sync();
  EXPECT_DEATH((void)log_->complete_sync(point), "invariant I7 broken");
}

TEST_F(FaultDeathTest, BackedBeyondDurableEndsTheProcess) {
  open();
  ASSERT_TRUE(append());
  EXPECT_DEATH((void)log_->save_backed(sequence(1)), "invariant I7 broken");
}

TEST_F(FaultDeathTest, TrimmingWhatIsNotBackedEndsTheProcess) {
  open();
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  EXPECT_DEATH((void)log_->trim(sequence(1)), "invariant I1 broken");
}

}  // namespace
}  // namespace cairn

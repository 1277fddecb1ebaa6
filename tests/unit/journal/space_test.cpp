// The bound on a journal's space, and what is recycled when.
#include <map>
#include <set>

#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

class SpaceTest : public JournalFixture {
 protected:
  // Appends until the journal is full; returns how many went in.
  int fill() {
    for (int n = 0;; ++n) {
      const auto done = append();
      if (done) continue;
      EXPECT_EQ(done.error().code, ENOSPC) << done.error().text;
      return n;
    }
  }
  void free_all() {
    ASSERT_TRUE(log_->sync());
    ASSERT_TRUE(log_->save_backed(log_->durable()));
    ASSERT_TRUE(log_->trim(log_->durable()));
  }
};

TEST_F(SpaceTest, AFullJournalRefusesWritesAndStaysInItsBound) {
  open();
  EXPECT_GT(fill(), 1000);
  ASSERT_TRUE(log_->write_rows(100'000));
  EXPECT_LE(log_->usage().bytes, options_.size_max);
  EXPECT_FALSE(log_->failure());
  EXPECT_FALSE(append()) << "and it stays full";
}

TEST_F(SpaceTest, MarkersAndSealsFitIntoAFullJournal) {
  open();
  fill();
  for (std::uint64_t n = 1; n <= 8; ++n) {
    ASSERT_TRUE(append_control(record_kind::marker, n)) << n;
    ASSERT_TRUE(append_control(record_kind::seal, n)) << n;
    ASSERT_TRUE(log_->sync());
    EXPECT_FALSE(append()) << "the room for markers is not for data";
  }
}

TEST_F(SpaceTest, AMarkerThatWasAcceptedCanAlwaysBeAnswered) {
  open();
  fill();
  std::uint64_t n = 1;
  while (append_control(record_kind::marker, n)) {
    ASSERT_TRUE(log_->sync());
    const auto answered = append_control(n % 2 == 0 ? record_kind::seal : record_kind::void_, n);
    ASSERT_TRUE(answered) << n << ": " << answered.error().text;
    ASSERT_TRUE(log_->sync());
    ++n;
  }
  EXPECT_GT(n, 5u);
}

TEST_F(SpaceTest, AFullJournalStartsAndTrimsAndGoesOn) {
  open();
  fill();
  for (int i = 0; i < 3; ++i) {
    kill_and_open();
    EXPECT_LT(fill(), 200) << "a start's segment is not room for data";
  }
  free_all();
  EXPECT_TRUE(append());
  EXPECT_GT(fill(), 500);
}

TEST_F(SpaceTest, AFileSystemThatIsFullIsSaidAndPassesByItself) {
  open();
  disk_.fail_next_write("2.seg", ENOSPC);
  result<sequence> done = sequence();
  for (int i = 0; i < 20 && done; ++i) done = append(4000);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ENOSPC);
  EXPECT_FALSE(log_->failure());
  EXPECT_TRUE(append(4000)) << "there is room again";
}

TEST_F(SpaceTest, SegmentsThatWereMadeBeforeTheFileSystemWasFullAreUsed) {
  options_.size_max = 64 * options_.segment_bytes + (8 << 20);
  open();
  disk_.fail_next_write("4.seg", ENOSPC);
  ASSERT_TRUE(log_->prepare_segment());
  EXPECT_EQ(log_->ahead().bytes, 3 * options_.segment_bytes);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(log_->prepare_segment());
  EXPECT_EQ(log_->ahead().bytes, log_->ahead().wanted);
}

TEST_F(SpaceTest, APinnedSegmentIsNotRecycled) {
  open();
  ASSERT_TRUE(append());
  const auto first = row_at(1);
  auto pin = log_->pin(first.at.segment);
  ASSERT_TRUE(pin);
  const auto path = file_of(first);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append());
    free_all();
  }
  EXPECT_GT(log_->usage().recycled, 0u);
  EXPECT_FALSE(log_->pin(first.at.segment)) << "nobody new can pin what was trimmed";
  bytes got(first.what.data_length);
  ASSERT_TRUE(pin.read(first.at, 0, got)) << "who pinned it before reads on";
  EXPECT_EQ(got, content(sequence(1), got.size()));
  EXPECT_EQ(file_of(first), path) << "the pinned file keeps its bytes";
  pin = {};
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append());
    free_all();
  }
  EXPECT_EQ(file_of(first), "") << "then it is used again";
}

// By the number of the segment, of all that were seen in files since the first call.
void note_salts(virtual_disk& disk, const std::string& directory,
                std::map<std::uint64_t, std::uint64_t>& salts) {
  const auto names = *disk.list(directory + "/segments");
  for (const auto& name : names) {
    const auto there = disk.content(directory + "/segments/" + name);
    if (const auto head = decode_segment_header(*there)) salts[head->number] = head->salt;
  }
}

TEST_F(SpaceTest, NoLifeOfASegmentHasTheSaltOfAnother) {
  open();
  std::map<std::uint64_t, std::uint64_t> salts;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append());
    note_salts(disk_, options_.directory, salts);
    free_all();
    if (round % 5 == 4) kill_and_open();
  }
  EXPECT_GT(salts.size(), 20u) << "files were recycled, and starts took segments of their own";
  std::set<std::uint64_t> different;
  for (const auto& [number, salt] : salts) different.insert(salt);
  EXPECT_EQ(different.size(), salts.size());
}

TEST_F(SpaceTest, TrimmingFreesWholeSegmentsOnly) {
  open();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->save_backed(sequence(100)));
  ASSERT_TRUE(log_->trim(sequence(100)));
  const auto trimmed = log_->trimmed();
  EXPECT_GT(trimmed, sequence());
  EXPECT_LE(trimmed, sequence(100));
  EXPECT_NE(row_at(trimmed.value + 1).at.segment, 0u);
  EXPECT_EQ(row_at(trimmed.value + 1).at.position, 4096u) << "the next one begins a segment";
  const auto gone = log_->rows(trimmed, sequence(200), 10, 1 << 20);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENODATA);
  EXPECT_FALSE(log_->pin(1));
  kill_and_open();
  EXPECT_EQ(log_->trimmed(), trimmed);
  for (auto n = trimmed.value + 1; n <= 200; ++n) expect_content(n);
}

TEST_F(SpaceTest, TheNewestMarkerAndTheTargetOutliveTrimming) {
  open();
  for (std::uint64_t n = 1; n <= 4; ++n) ASSERT_TRUE(append_control(record_kind::marker, n));
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->update_state([](member_state& s) -> result<void> {
    s.target = {marker_number(3), epoch(1)};
    s.target_sequence = sequence(3);
    return {};
  }));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(append());
  free_all();
  EXPECT_GT(log_->trimmed(), sequence(4));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(log_->marker({marker_number(2), epoch(1)}));
    EXPECT_TRUE(log_->marker({marker_number(3), epoch(1)}));
    EXPECT_TRUE(log_->newest_marker());
    kill_and_open();
  }
}

TEST_F(SpaceTest, RowsAreTheSameOnBothSidesOfTheTail) {
  options_.segment_bytes = 16 << 20;
  options_.size_max = 256 << 20;
  open();
  const auto count = (1U << 16) + 3000U;  // more than the tail holds
  record draft;
  draft.kind = record_kind::zero;
  draft.volume = 1;
  draft.range = {0, 512};
  draft.data_crc = crc32c({});
  for (unsigned i = 0; i < count; ++i) {
    ASSERT_TRUE(append_record(draft, {}));
    if (i % 5000 == 0) {
      ASSERT_TRUE(log_->write_rows(5000));
    }
  }
  ASSERT_TRUE(log_->write_rows(count));
  ASSERT_TRUE(append_record(draft, {}));
  const auto rows = log_->rows(sequence(1), sequence(count + 1), count + 1, 1);
  ASSERT_TRUE(rows) << rows.error().text;
  ASSERT_EQ(rows->size(), count + 1);
  for (unsigned i = 0; i <= count; ++i) ASSERT_EQ(rows->at(i).what.seq, sequence(i + 1));
}

// Another segment size: what is trimmed is deleted, and takes its time about it.
TEST_F(SpaceTest, AFileThatIsBeingDeletedIsNotTakenForANewSegment) {
  open();
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  options_.segment_bytes *= 2;
  kill_and_open();
  ASSERT_TRUE(append());
  int removed = 0;
  disk_.before_remove = [&](const std::string&) {
    if (++removed != 1) return;  // it deletes, too
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(log_->prepare_segment());
    }
  };
  free_all();
  disk_.before_remove = {};
  EXPECT_GT(removed, 3);
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  const auto last = log_->assigned();
  kill_and_open();
  EXPECT_EQ(log_->assigned(), last);
  for (auto n = last.value - 399; n <= last.value; ++n) expect_content(n);
}

TEST_F(SpaceTest, ARecordThatFitsNoSegmentIsRefused) {
  open();
  const bytes big(60 << 10);
  const auto refused = append_record(write_draft(0, big), big);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_TRUE(append());
}

TEST_F(SpaceTest, ASizeWithoutRoomForFiveSegmentsIsRefused) {
  options_.size_max = 1 << 20;
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
}

TEST_F(SpaceTest, SpaceAheadIsMadeTogetherAndFallsWithTheAppends) {
  options_.size_max = 64 * options_.segment_bytes + (8 << 20);
  open();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(log_->prepare_segment());
  const auto full = log_->ahead();
  EXPECT_EQ(full.wanted, 8 * options_.segment_bytes);
  EXPECT_GE(full.bytes, full.wanted);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append());
  EXPECT_LT(log_->ahead().bytes, full.bytes - 100 * 1000);
  ASSERT_TRUE(log_->prepare_segment());
  EXPECT_GE(log_->ahead().bytes, full.wanted);
}

TEST_F(SpaceTest, DataThatIsNotAdmittedSpendsNoReadySegments) {
  options_.size_max = 64 * options_.segment_bytes + (8 << 20);
  open();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(log_->prepare_segment());
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->update_state([](member_state& s) -> result<void> {
    s.fenced_because = std::string(12 << 20, 'x');  // so that the catalog fills the journal
    return {};
  }));
  ASSERT_TRUE(log_->write_rows(10));
  const auto ready = log_->ahead().bytes;
  for (int i = 0; i < 3; ++i) {
    const auto refused = append();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOSPC);
  }
  EXPECT_EQ(log_->ahead().bytes, ready);
  EXPECT_TRUE(append_control(record_kind::marker, 1)) << "they are there for those";
}

}  // namespace
}  // namespace cairn

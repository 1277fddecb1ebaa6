// Zeroes ahead of the appends: when they are due, and that no record is lost under them.
#include "journal/zeroes_ahead.h"

#include <cerrno>
#include <chrono>
#include <future>

#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

constexpr std::uint64_t kib = 1024;

segment_ptr fresh_segment(std::uint64_t bytes = 1024 * kib) {
  auto made = std::make_shared<segment>();
  made->head.number = 7;
  made->head.bytes = bytes;
  made->written_to = segment_header_bytes;
  return made;
}

TEST(ZeroesAheadTest, ASyncThatFollowsCloselyWritesThemBehindTheLastRecord) {
  zeroes_ahead ahead;
  const auto in = fresh_segment();
  EXPECT_FALSE(ahead.begin(in, 4096)) << "nothing was synced before";
  const auto due = ahead.begin(in, 9000);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->in, in);
  EXPECT_EQ(due->range, (byte_range{12288, zeroes_ahead::run_bytes}));
}

TEST(ZeroesAheadTest, SyncsFarFromOneAnotherNeedNone) {
  zeroes_ahead ahead;
  const auto in = fresh_segment();
  for (std::uint64_t at = 4096; at < in->head.bytes; at += zeroes_ahead::close_bytes + 512)
    EXPECT_FALSE(ahead.begin(in, at)) << at;
}

TEST(ZeroesAheadTest, TheyGoOnWhereTheyEndedBeforeAppendsGetThere) {
  zeroes_ahead ahead;
  const auto in = fresh_segment();
  in->written_to = 512 * kib;
  ahead.begin(in, 400 * kib);
  EXPECT_FALSE(ahead.begin(in, 448 * kib - 512)) << "enough is left";
  const auto due = ahead.begin(in, 448 * kib + 512);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->range, (byte_range{512 * kib, zeroes_ahead::run_bytes}));
}

TEST(ZeroesAheadTest, TheyEndWithTheSegment) {
  zeroes_ahead ahead;
  const auto in = fresh_segment();
  ahead.begin(in, 1000 * kib);
  const auto due = ahead.begin(in, 1004 * kib);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->range.end(), in->head.bytes);
  in->written_to = in->head.bytes;
  EXPECT_FALSE(ahead.begin(in, 1012 * kib));
}

TEST(ZeroesAheadTest, ARecordThatWouldReachThemHasToWait) {
  zeroes_ahead ahead;
  const auto in = fresh_segment();
  ahead.begin(in, 4096);
  const auto due = ahead.begin(in, 8192);
  ASSERT_TRUE(due);
  EXPECT_FALSE(ahead.in_the_way(*in, due->range.offset));
  EXPECT_TRUE(ahead.in_the_way(*in, due->range.offset + 1));
  auto other = fresh_segment();
  other->head.number = 8;
  EXPECT_FALSE(ahead.in_the_way(*other, due->range.end()));
  ahead.end();
  EXPECT_FALSE(ahead.in_the_way(*in, due->range.end()));
}

class ZeroesInJournalTest : public JournalFixture {
 protected:
  // Syncs; `other` runs in a thread beside while zeroes are being written, and returns its result.
  template <class F>
  result<void> sync_and_meanwhile(F other) {
    std::future<result<void>> beside;
    disk_.before_record_write = [&](const std::string&, std::uint64_t) {
      if (beside.valid()) return;  // that of the append beside
      beside = std::async(std::launch::async, other);
      // An append that did not wait would be done, and overwritten by what follows.
      beside.wait_for(std::chrono::milliseconds(200));
    };
    CAIRN_TRY(log_->sync());
    if (!beside.valid()) return fail(EIO, "no zeroes were written");
    return beside.get();
  }
  void expect_all(std::uint64_t upto) {
    for (std::uint64_t n = 1; n <= upto; ++n) expect_content(n);
  }
};

TEST_F(ZeroesInJournalTest, AnAppendMeanwhileKeepsItsBytes) {
  open();
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(append());
  const auto both = sync_and_meanwhile([&]() -> result<void> {
    CAIRN_TRY(append());
    return {};
  });
  ASSERT_TRUE(both) << both.error().text;
  expect_all(3);
  kill_and_open();
  expect_all(3);
}

TEST_F(ZeroesInJournalTest, AReceivedRecordMeanwhileKeepsItsBytes) {
  open();
  const auto receive = [&](std::uint64_t n) {
    const auto data = content(sequence(n), 1000);
    auto what = write_draft(n * 4096, data);
    what.seq = sequence(n);
    what.made_in = log_->current();
    const received_record one{what, data};
    return log_->append_received(std::span(&one, 1));
  };
  ASSERT_TRUE(receive(1));
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(receive(2));
  const auto both = sync_and_meanwhile([&] { return receive(3); });
  ASSERT_TRUE(both) << both.error().text;
  expect_all(3);
}

TEST_F(ZeroesInJournalTest, ZeroesThatCanNotBeWrittenAreNobodysError) {
  open();
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(append());
  disk_.fail_next_write(".seg", EIO);
  EXPECT_TRUE(log_->sync());
  EXPECT_FALSE(log_->failure());
  EXPECT_TRUE(append());
  EXPECT_TRUE(log_->sync());
  expect_all(3);
}

}  // namespace
}  // namespace cairn

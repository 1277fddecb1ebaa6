// A primary's journal on the machine's own disk: what was appended is there, before and after a
// restart.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "base/crc32c.h"
#include "journal/journal.h"
#include "storage/posix_disk.h"

namespace cairn {
namespace {

class PrimaryTest : public testing::Test {
 protected:
  PrimaryTest() {
    char name[] = "/tmp/cairn-journal-XXXXXX";
    options_.directory = std::string(mkdtemp(name)) + "/j";
    options_.group = "lab";
    options_.member = "m1";
    options_.segment_bytes = 256 << 10;
    options_.size_max = 16 << 20;
    open();
  }
  ~PrimaryTest() override {
    log_.reset();
    std::filesystem::remove_all(std::filesystem::path(options_.directory).parent_path());
  }

  void open() {
    log_.reset();
    report_ = {};
    auto opened = journal::open(posix_disk(), options_, system_random(), &report_);
    ASSERT_TRUE(opened) << opened.error().text;
    log_ = std::move(*opened);
  }

  static bytes content(std::uint64_t n, std::size_t length) {
    bytes out(length);
    for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<std::byte>(n * 31 + i * 7);
    return out;
  }

  sequence append(std::uint64_t n, std::size_t length = 4096) {
    const auto data = content(n, length);
    record draft;
    draft.kind = record_kind::write;
    draft.volume = 1;
    draft.range = {n * 4096, length};
    draft.data_length = static_cast<std::uint32_t>(length);
    draft.data_crc = crc32c(data);
    const auto slot = log_->reserve(draft);
    EXPECT_TRUE(slot) << slot.error().text;
    if (!slot) return {};
    const iovec one{const_cast<std::byte*>(data.data()), data.size()};
    const auto done = log_->write(*slot, std::span(&one, 1));
    EXPECT_TRUE(done) << done.error().text;
    return slot->what.seq;
  }

  void expect_all(std::uint64_t upto, std::size_t length = 4096) {
    std::uint64_t n = 0;
    while (n < upto) {
      const auto rows = log_->rows(sequence(n + 1), sequence(upto), 100, 1 << 20);
      ASSERT_TRUE(rows) << rows.error().text;
      ASSERT_FALSE(rows->empty());
      for (const auto& each : *rows) {
        ++n;
        EXPECT_EQ(each.what.seq.value, n);
        bytes got(length);
        ASSERT_TRUE(log_->pin(each.at.segment).read(each.at, 0, got));
        EXPECT_EQ(got, content(n, length));
        raw_bytes whole;
        const auto read = log_->read_record(each, whole);
        ASSERT_TRUE(read) << read.error().text;
        EXPECT_EQ(decode_header(whole, 0)->seq, each.what.seq);
      }
    }
  }

  journal_options options_;
  recovery_report report_;
  std::unique_ptr<journal> log_;
};

TEST_F(PrimaryTest, AppendedRecordsAreReadBack) {
  for (std::uint64_t n = 1; n <= 300; ++n) EXPECT_EQ(append(n), sequence(n));
  EXPECT_EQ(log_->finished(), sequence(300));
  expect_all(300);
}

TEST_F(PrimaryTest, RecordsAreThereAfterARestartWithoutSync) {
  for (std::uint64_t n = 1; n <= 300; ++n) append(n);
  ASSERT_TRUE(log_->write_rows(100));
  open();
  EXPECT_EQ(log_->assigned(), sequence(300));
  EXPECT_EQ(log_->durable(), sequence(300));
  EXPECT_TRUE(report_.gaps.empty());
  ASSERT_EQ(report_.held.size(), 1u);  // rows that were there and rows that were found
  EXPECT_EQ(report_.held[1].records, 300u);
  EXPECT_EQ(report_.held[1].bytes, 300u * 4096);
  EXPECT_EQ(log_->current(), incarnation(2));
  EXPECT_EQ(log_->starts().back().kept_to, sequence(300));
  expect_all(300);
  EXPECT_EQ(append(301), sequence(301));
}

TEST_F(PrimaryTest, SyncMakesEverythingAppendedDurable) {
  for (std::uint64_t n = 1; n <= 100; ++n) append(n);
  EXPECT_EQ(log_->durable(), sequence());
  ASSERT_TRUE(log_->sync());
  EXPECT_EQ(log_->durable(), sequence(100));
  append(101);
  const auto row = log_->rows(sequence(101), sequence(101), 1, 0);
  EXPECT_EQ(row->at(0).at.position % 4096, 0u) << "the first append after a sync starts a block";
}

TEST_F(PrimaryTest, TrimmedSegmentsAreRecycled) {
  for (int round = 0; round < 20; ++round) {
    for (int n = 0; n < 200; ++n) append(log_->assigned().value + 1);
    ASSERT_TRUE(log_->sync());
    ASSERT_TRUE(log_->save_backed(log_->durable()));
    ASSERT_TRUE(log_->trim(log_->durable()));
    ASSERT_TRUE(log_->prepare_segment());
  }
  EXPECT_GT(log_->usage().recycled, 10u);
  EXPECT_LE(log_->usage().bytes, options_.size_max);
  const auto gone = log_->rows(sequence(1), sequence(10), 10, 1 << 20);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENODATA);
  open();
  EXPECT_EQ(log_->assigned(), sequence(4000));
}

TEST_F(PrimaryTest, AppendsFromManyThreadsAllFinish) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        append(static_cast<std::uint64_t>(t * 200 + i), 512);
        if (i % 32 == 0) {
          EXPECT_TRUE(log_->sync());
        }
        if (t == 0) {
          EXPECT_TRUE(log_->write_rows(100));
        }
      }
    });
  for (auto& each : threads) each.join();
  EXPECT_EQ(log_->finished(), sequence(800));
  open();
  EXPECT_EQ(log_->assigned(), sequence(800));
}

// One thread per part of a gateway; the reader follows like a sender and meets tail, catalog and
// trimmed records.
TEST_F(PrimaryTest, AppendersAReaderAndATrimmerWorkTogether) {
  std::atomic<bool> done = false;
  std::thread keeper([&] {
    while (!done) {
      EXPECT_TRUE(log_->prepare_segment());
      EXPECT_TRUE(log_->sync());
      EXPECT_TRUE(log_->save_backed(log_->durable()));
      EXPECT_TRUE(log_->trim(log_->backed()));
    }
  });
  std::thread cataloger([&] {
    while (!done) {
      EXPECT_TRUE(log_->write_rows(50));
    }
  });
  std::thread reader([&] {
    raw_bytes whole;
    for (auto next = sequence(1); next <= sequence(3000);) {
      const auto rows = log_->rows(next, sequence(3000), 64, 1 << 20);
      if (!rows) {
        ASSERT_EQ(rows.error().code, ENODATA) << rows.error().text;
        next = log_->trimmed().next();
        continue;
      }
      for (const auto& each : *rows) {
        ASSERT_EQ(each.what.seq, next);
        next = next.next();
        whole.clear();
        const auto read = log_->read_record(each, whole);
        ASSERT_TRUE(read || read.error().code == ENODATA) << read.error().text;
      }
    }
  });
  std::vector<std::thread> appenders;
  for (unsigned t = 0; t < 3; ++t)
    appenders.emplace_back([&, t] {
      for (unsigned i = 0; i < 1000; ++i) append(t * 1000 + i, 512 + i % 4000);
    });
  for (auto& each : appenders) each.join();
  reader.join();
  done = true;
  keeper.join();
  cataloger.join();
  EXPECT_EQ(log_->finished(), sequence(3000));
  open();
  EXPECT_EQ(log_->assigned(), sequence(3000));
}

}  // namespace
}  // namespace cairn

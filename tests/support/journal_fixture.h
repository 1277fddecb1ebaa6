// A journal on a virtual disk, for tests: opens, kills, appends records whose content is a function
// of their sequence, and checks that they are what they were.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "journal/journal.h"
#include "journal/segment.h"
#include "tests/support/virtual_disk.h"

namespace cairn {

class JournalFixture : public testing::Test {
 protected:
  JournalFixture() {
    options_.directory = "/state/journal";
    options_.group = "lab";
    options_.member = "m1";
    options_.segment_bytes = 64 << 10;
    options_.size_max = 4 << 20;
    options_.lock_wait_ms = 0;
  }

  result<void> try_open() {
    log_.reset();
    report_ = {};
    auto opened = journal::open(disk_, options_, random_, &report_);
    if (!opened) return fail(opened.error());
    log_ = std::move(*opened);
    return {};
  }
  void open() {
    const auto done = try_open();
    ASSERT_TRUE(done) << done.error().text;
  }
  void kill_and_open() {
    disk_.kill();
    open();
  }
  // Only what was synced is left.
  void cut_power_and_open() {
    disk_.power_cut(nothing_arrives_);
    open();
  }

  static bytes content(sequence seq, std::size_t length) {
    bytes out(length);
    seeded_random(seq.value * 1000003 + length).fill(out);
    return out;
  }

  static record write_draft(std::uint64_t offset, byte_view data) {
    record draft;
    draft.kind = record_kind::write;
    draft.volume = 1;
    draft.range = {offset, data.size()};
    draft.data_length = static_cast<std::uint32_t>(data.size());
    draft.data_crc = crc32c(data);
    return draft;
  }

  result<sequence> append_record(const record& draft, byte_view data) {
    const auto slot = log_->reserve(draft);
    if (!slot) return fail(slot.error());
    const iovec one{const_cast<std::byte*>(data.data()), data.size()};
    const auto done = log_->write(*slot, std::span(&one, data.empty() ? 0 : 1));
    if (!done) return fail(done.error());
    return slot->what.seq;
  }

  // A write whose content is that of the sequence it is about to get.
  result<sequence> append(std::size_t length = 1000) {
    const auto data = content(log_->assigned().next(), length);
    return append_record(write_draft(log_->assigned().value * 4096, data), data);
  }

  result<sequence> append_control(record_kind kind, std::uint64_t n) {
    marker_body body;
    body.marker = {marker_number(n), epoch(1)};
    body.group_hash = hash_of_group("lab");
    if (kind == record_kind::marker) body.members_hash = hash_of_members({"m1", "m2"});
    const auto data = encode_marker_body(body);
    record draft;
    draft.kind = kind;
    draft.data_length = marker_body_bytes;
    draft.data_crc = crc32c(data);
    return append_record(draft, data);
  }

  row row_at(std::uint64_t n) {
    const auto rows = log_->rows(sequence(n), sequence(n), 1, 1 << 20);
    EXPECT_TRUE(rows) << rows.error().text;
    if (!rows || rows->size() != 1) {
      ADD_FAILURE() << "no row " << n;
      return {};
    }
    return rows->at(0);
  }
  record_kind kind_at(std::uint64_t n) { return row_at(n).what.kind; }

  void expect_content(std::uint64_t n) {
    const auto r = row_at(n);
    EXPECT_EQ(r.what.kind, record_kind::write) << n;
    raw_bytes whole;
    const auto read = log_->read_record(r, whole);
    ASSERT_TRUE(read) << read.error().text;
    const auto data = byte_view(whole).subspan(record_header_bytes, r.what.data_length);
    EXPECT_TRUE(std::ranges::equal(data, content(sequence(n), data.size()))) << n;
  }

  // Every bulk record shares no block with its neighbours, and all are what they were.
  void expect_bulk_in_whole_blocks(std::uint64_t upto) {
    for (std::uint64_t n = 1; n <= upto; ++n) {
      expect_content(n);
      const auto bulk = row_at(n);
      if (!is_bulk(bulk.what.data_length)) continue;
      EXPECT_EQ(bulk.at.position % sync_block_bytes, 0u) << n;
      if (n == upto) continue;
      const auto next = row_at(n + 1).at;
      const auto end = bulk.at.position + placed_bytes(bulk.what.data_length);
      EXPECT_TRUE(next.segment != bulk.at.segment || next.position == end) << n;
    }
  }

  std::string file_of(const row& r) {
    for (int n = 1; n < 100; ++n) {
      const auto path = options_.directory + "/segments/" + std::to_string(n) + ".seg";
      const auto there = disk_.content(path);
      if (there && load_le<std::uint64_t>(*there, 32) == r.at.segment) return path;
    }
    return {};
  }

  // For a power cut that takes everything unsynced: its "mood" is 0.
  class zeroes final : public random_source {
   public:
    void fill(byte_span out) override { std::fill(out.begin(), out.end(), std::byte{}); }
  };

  virtual_disk disk_;
  seeded_random random_{1};
  zeroes nothing_arrives_;
  journal_options options_;
  recovery_report report_;
  std::unique_ptr<journal> log_;
};

}  // namespace cairn

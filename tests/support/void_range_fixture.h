// A secondary's journal with a void-range: one record in the place of more sequences than could
// ever be counted one by one.
#pragma once
#include "tests/support/journal_fixture.h"

namespace cairn {

inline constexpr std::uint64_t void_from = 6, void_to = 1'000'000'000'000;

class VoidRangeTest : public JournalFixture {
 protected:
  VoidRangeTest() {
    options_.first_role = member_role::secondary;
    resync_ = random_.make_uuid();
  }

  // Writes 1 to 5, void 6 to a great number, 3 writes behind it.
  void SetUp() override {
    open();
    ASSERT_TRUE(log_->truncate({}, {{incarnation(1), random_.make_uuid(), {}}}));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(receive());
    ASSERT_TRUE(receive_void(void_to));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(receive());
  }

  result<void> receive() {
    const sequence seq = log_->assigned().next();
    const auto data = content(seq, 1000);
    record r = write_draft(4096 * (seq.value % 100), data);
    return receive(r, seq, data);
  }
  result<void> receive_void(std::uint64_t last) {
    const auto body = encode_named_body(resync_);
    record r;
    r.kind = record_kind::void_range;
    r.range = {log_->assigned().value + 1, last - log_->assigned().value};
    r.data_length = named_body_bytes;
    r.data_crc = crc32c(body);
    return receive(r, sequence(last), body);
  }
  result<void> receive(record r, sequence seq, byte_view data) {
    r.seq = seq;
    r.made_in = incarnation(1);
    const received_record one{r, data};
    return log_->append_received(std::span(&one, 1));
  }

  std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> out;
    const auto rows = log_->rows(sequence(first), sequence(last), 100, ~std::uint64_t{0});
    EXPECT_TRUE(rows) << rows.error().text;
    if (rows)
      for (const auto& each : *rows) out.push_back(each.what.seq.value);
    return out;
  }
  void expect_all() {
    EXPECT_EQ(log_->assigned(), sequence(void_to + 3));
    EXPECT_EQ(log_->finished(), sequence(void_to + 3));
    using list = std::vector<std::uint64_t>;
    EXPECT_EQ(numbers(1, void_to + 3),
              (list{1, 2, 3, 4, 5, void_to, void_to + 1, void_to + 2, void_to + 3}));
    EXPECT_EQ(numbers(1, 5), (list{1, 2, 3, 4, 5}));
    EXPECT_EQ(numbers(4, void_from), (list{4, 5, void_to}))
        << "the row that stands for the last one asked";
    EXPECT_EQ(numbers(77, 88), (list{void_to})) << "in the middle of it";
    EXPECT_EQ(numbers(void_to, void_to + 1), (list{void_to, void_to + 1}));
    for (const auto n : {std::uint64_t{1}, std::uint64_t{5}, void_to + 1, void_to + 3})
      expect_content(n);
    raw_bytes whole;
    const auto read = log_->read_record(row_at(77), whole);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(decode_named_body(byte_view(whole).subspan(record_header_bytes, named_body_bytes)),
              resync_);
  }
  void write_all_rows() {
    for (;;) {
      const auto n = log_->write_rows(2);
      ASSERT_TRUE(n) << n.error().text;
      if (*n == 0) return;
    }
  }

  uuid resync_;
};

}  // namespace cairn

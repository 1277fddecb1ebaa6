// A member whose journal has failed for good: what it still reads, and what it ships.
#include "tests/unit/gateway/member_fixture.h"

namespace cairn {
namespace {

class failed_journal_test : public member_test {
 protected:
  failed_journal_test() {
    auto m = member::open(disk_, config(), "gateway", {}, system_random());
    EXPECT_TRUE(m) << m.error().text;
    member_ = std::move(*m);
  }
  void fail_journal() {
    disk_.fail_next_sync("/segments/", EIO);
    EXPECT_FALSE(member_->log().prepare_segment());
    ASSERT_TRUE(member_->log().failure());
  }

  virtual_disk disk_;
  std::unique_ptr<member> member_;
};

// The kernel may have dropped the pages that it could not write: what a segment reads as then is
// what was there before.
TEST_F(failed_journal_test, WhatDidNotBecomeDurableIsNotRead) {
  ASSERT_TRUE(member_->write_and_wait(0, block('a'), 0, false));
  ASSERT_TRUE(member_->write_and_wait(0, block('b'), 4096, false));
  member_->sync_step();
  ASSERT_TRUE(member_->write_and_wait(0, block('c'), 4096, false));
  ASSERT_TRUE(member_->clear_and_wait(0, record_kind::zero, {8192, 4096}, false));
  fail_journal();
  bytes out(4096);
  const auto lost = member_->read(0, out, 4096);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, EIO);
  EXPECT_FALSE(member_->read_cached(0, out, 4096));
  EXPECT_FALSE(member_->read(0, out, 8192)) << "nor would the zeroes be there after a restart";
  EXPECT_EQ(first_byte(*member_, 0, 0), 'a');
  EXPECT_EQ(first_byte(*member_, 1, 0), '\0');
}

TEST_F(failed_journal_test, ASealThatFinishedWhileItFailedIsNotShipped) {
  const auto now = std::chrono::steady_clock::now();
  member_->rounds()->on_mark(marker(1), now, collect());
  disk_.before_record_write = [&](const std::string&, std::uint64_t) {
    disk_.before_record_write = {};
    fail_journal();
  };
  member_->rounds()->on_release({marker(1).marker, answer<inserted>()->by}, now);
  ASSERT_EQ(member_->log().finished(), sequence(2)) << "it is there";
  EXPECT_EQ(member_->source()->shippable(), sequence(1));
  ASSERT_TRUE(answer<outcome>());
  EXPECT_FALSE(answer<outcome>()->sealed);
}

}  // namespace
}  // namespace cairn

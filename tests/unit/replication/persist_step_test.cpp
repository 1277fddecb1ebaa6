#include "replication/persist_step.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace cairn {
namespace {

const error full{ENOSPC, "state.db: no space"};

TEST(persist_step, nothing_more_is_asked_for_while_an_answer_is_awaited) {
  persist_step p(100);
  EXPECT_TRUE(p.may_ask(0));
  p.on_asked();
  EXPECT_FALSE(p.may_ask(1'000'000));
  p.on_kept();
  EXPECT_TRUE(p.may_ask(0));
}

TEST(persist_step, pauses_double_up_to_a_bound_and_begin_anew_once_something_was_kept) {
  persist_step p(100);
  std::uint64_t now = 0;
  for (const std::uint64_t pause : {100, 200, 400, 800, 1600, 2000, 2000}) {
    p.on_asked();
    p.on_failed(full, now);
    EXPECT_EQ(p.next_us(), now + pause);
    now = p.next_us();
  }
  p.on_kept();
  p.on_failed(full, now);
  EXPECT_EQ(p.next_us(), now + 100);
}

TEST(persist_step, the_trouble_is_told_until_something_was_kept) {
  persist_step p(100);
  p.on_failed(full, 0);
  p.on_asked();
  EXPECT_EQ(p.trouble()->sentence,
            "the coordinator's state can't be written and is tried again: state.db: no space");
  p.on_kept();
  EXPECT_FALSE(p.trouble());
}

TEST(persist_step, what_the_disk_itself_got_wrong_is_final) {
  for (const auto is : {error_class::final, error_class::damage}) {
    persist_step p(100);
    p.on_failed({EIO, "state.db: damaged", is}, 0);
    p.on_kept();  // of an older request
    p.on_failed(full, 0);
    EXPECT_TRUE(p.stopped());
    EXPECT_FALSE(p.may_ask(1'000'000'000));
    EXPECT_EQ(p.trouble()->sentence,
              "the coordinator's state can't be written: state.db: damaged; start the coordinator "
              "again when that is mended");
  }
}

}  // namespace
}  // namespace cairn

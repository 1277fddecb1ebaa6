// Task attributes: what may run before what (SAM-5 8).
#include "tests/unit/iscsi/session_fixture.h"

namespace cairn::iscsi {
namespace {

constexpr std::uint8_t ordered = 2, head_of_queue = 3;

class SessionOrderTest : public SessionFixture {
 protected:
  void read(std::uint32_t tag, std::uint8_t attribute = 0, std::uint32_t length = 512) {
    next_is(work_kind::read, length, false);
    ok(command(reads | attribute, tag, length));
  }
  void write(std::uint32_t tag, std::uint8_t attribute = 0) {
    next_is(work_kind::write, 512, true);
    ok(command(writes | attribute, tag, 512), data_);
  }
  // A write that is asked for its data; its target transfer tag.
  std::uint32_t collect(std::uint32_t tag, std::uint8_t attribute = 0) {
    next_is(work_kind::write, 512, true);
    ok(command(writes | attribute, tag, 512));
    return only_one(opcode::r2t).head.u32(field::target_tag);
  }
  void only_runs(std::uint32_t tag) {
    const auto t = must_work();
    ASSERT_TRUE(t);
    EXPECT_EQ(t->tag(), tag);
    EXPECT_EQ(session_->take_work(), nullptr);
    session_->finished(t, {});
    sent();
  }

  const bytes data_ = content(512);
};

TEST_F(SessionOrderTest, AnOrderedTaskRunsAloneBehindThoseBeforeIt) {
  read(1);
  read(2, ordered);
  read(3);
  only_runs(1);
  only_runs(2);
  only_runs(3);
}

// When the last data of the write came it was ready behind the ordered one, which ran first.
TEST_F(SessionOrderTest, AnOrderedTaskRunsBehindAWriteThatCollectedItsDataMeanwhile) {
  const auto ttt = collect(1);
  write(2, ordered);
  EXPECT_EQ(session_->take_work(), nullptr);
  ok(data_out(1, ttt, 0, true), data_);
  only_runs(1);
  only_runs(2);
}

TEST_F(SessionOrderTest, WhatComesBehindAnOrderedTaskThatCollectsItsDataWaits) {
  const auto ttt = collect(1, ordered);
  write(2);
  EXPECT_EQ(session_->take_work(), nullptr);
  ok(data_out(1, ttt, 0, true), data_);
  only_runs(1);
  only_runs(2);
}

// UNMAP, WRITE SAME: what the unit decided went to the front.
TEST_F(SessionOrderTest, WorkThatParametersDecidedDoesNotOvertakeAnOrderedTask) {
  read(1);
  const auto first = must_work();
  write(2, ordered);
  unit_.next = {};
  unit_.next.data_out = 24;
  unit_.next_parameters.to_do = scsi::work{work_kind::unmap, {0, 512}, {}, false, 512, 0};
  const auto list = content(24);
  ok(command(writes, 3, 24), list);
  EXPECT_EQ(session_->take_work(), nullptr);
  session_->finished(first, {});
  sent();
  only_runs(2);
  only_runs(3);
}

TEST_F(SessionOrderTest, AnOrderedTaskRunsBehindThoseThatWaitForRoom) {
  limits_.data_bytes_max = 1024;
  restart();
  read(1);
  const auto first = must_work();
  read(2, 0, 1024);  // no room while the first one is there
  write(3, ordered);
  read(4);
  EXPECT_EQ(session_->take_work(), nullptr);
  session_->finished(first, {});
  sent();
  only_runs(2);
  only_runs(3);
  only_runs(4);
}

// What stands behind an ordered task must not take the room that one before it needs.
TEST_F(SessionOrderTest, AWriteThatFirstSendsUnsolicitedDataHasItsRoomBeforeThoseBehindIt) {
  limits_.data_bytes_max = 1024;
  start_.agreed.initial_r2t = false;
  restart();
  next_is(work_kind::write, 1024, true);
  auto h = command(writes, 1, 1024);
  h.set(1, writes, 1);
  ok(h);
  write(2, ordered);
  read(3, 0, 1024);
  ok(data_out(1, no_tag, 0, true), data_);
  const auto ttt = only_one(opcode::r2t).head.u32(field::target_tag);
  ok(data_out(1, ttt, 512, true), data_);
  only_runs(1);
  only_runs(2);
  only_runs(3);
}

TEST_F(SessionOrderTest, TheHeadOfTheQueueWaitsForNobody) {
  read(1);
  const auto first = must_work();
  read(2, ordered);
  read(3);
  read(4, head_of_queue);
  only_runs(4);
  session_->finished(first, {});
  sent();
  only_runs(2);
  only_runs(3);
}

TEST_F(SessionOrderTest, AnAbortedOrderedTaskHoldsNobodyBack) {
  collect(1, ordered);
  write(2);
  ok(task_request(1, 1));
  only_runs(2);
}

}  // namespace
}  // namespace cairn::iscsi

// How reads and writes share the bound of a session's data in memory.
#include "tests/unit/iscsi/session_fixture.h"

namespace cairn::iscsi {
namespace {

class SessionRoomTest : public SessionFixture {
 protected:
  static constexpr std::uint32_t bound = 64'000;

  SessionRoomTest() {
    limits_.data_bytes_max = bound;
    start_.agreed.immediate_data = false;
    restart();
  }
  void read(std::uint32_t tag, std::uint32_t length) {
    next_is(work_kind::read, length, false);
    ok(command(reads, tag, length));
  }
  void write(std::uint32_t tag, std::uint32_t length) {
    next_is(work_kind::write, length, true);
    ok(command(writes, tag, length));
  }
  // The target transfer tag of the only R2T; 0: none came.
  std::uint32_t asked() {
    const auto all = sent();
    if (all.size() != 1 || !all[0].head.is(opcode::r2t)) return 0;
    return all[0].head.u32(field::target_tag);
  }
  void finish(std::uint32_t tag) {
    const auto t = must_work();
    ASSERT_TRUE(t);
    EXPECT_EQ(t->tag(), tag);
    session_->finished(t, {});
  }
};

// The read stood in front of the write that held the room it waited for.
TEST_F(SessionRoomTest, ALargeReadBehindAWriteThatCollectsRunsBehindIt) {
  write(1, 1024);
  const auto ttt = asked();
  read(2, bound);
  EXPECT_EQ(session_->take_work(), nullptr);
  ok(data_out(1, ttt, 0, true), content(1024));
  finish(1);
  sent();
  finish(2);
}

TEST_F(SessionRoomTest, AReadBehindWritesThatFillTheBoundRunsBehindThem) {
  std::vector<std::uint32_t> ttts;
  for (std::uint32_t tag = 1; tag <= 4; ++tag) {
    write(tag, bound / 4);
    ttts.push_back(asked());
  }
  read(5, bound / 4);
  EXPECT_EQ(session_->take_work(), nullptr);
  for (std::uint32_t tag = 1; tag <= 4; ++tag)
    ok(data_out(tag, ttts[tag - 1], 0, true), content(bound / 4));
  for (std::uint32_t tag = 1; tag <= 4; ++tag) finish(tag);
  finish(5);
}

TEST_F(SessionRoomTest, SmallReadsDoNotStarveALargeWrite) {
  read(1, bound / 2);
  const auto first = must_work();
  write(2, bound);
  read(3, bound / 2);
  EXPECT_EQ(session_->take_work(), nullptr) << "the write came first";
  session_->finished(first, {});
  sent();
  EXPECT_EQ(session_->take_work(), nullptr);
  const auto ttt = asked();
  ASSERT_NE(ttt, 0u);
  ok(data_out(2, ttt, 0, true), content(bound));
  finish(2);
}

TEST_F(SessionRoomTest, SentOutputMakesRoom) {
  read(1, bound);
  read(2, 512);
  finish(1);
  EXPECT_EQ(session_->take_work(), nullptr);
  sent();
  finish(2);
}

TEST_F(SessionRoomTest, WhatIsLargerThanTheBoundRunsAlone) {
  read(1, 512);
  const auto small = must_work();
  read(2, bound * 2);
  EXPECT_EQ(session_->take_work(), nullptr);
  session_->finished(small, {});
  sent();
  finish(2);
}

TEST_F(SessionRoomTest, UnsolicitedDataWaitsForRoomAndIsKeptMeanwhile) {
  start_.agreed.initial_r2t = false;
  restart();
  read(1, bound);
  const auto first = must_work();
  next_is(work_kind::write, 512, true);
  auto h = command(writes, 2, 512);
  h.set(1, writes, 1);
  ok(h);
  auto data = content(512);
  ok(data_out(2, no_tag, 0, true), data);
  EXPECT_EQ(session_->take_work(), nullptr);
  data.assign(512, std::byte{0xee});  // the stream's buffer goes on
  session_->finished(first, {});
  sent();
  EXPECT_TRUE(std::ranges::equal(must_work()->data, content(512)));
}

TEST_F(SessionRoomTest, ATaskThatEndsWhileItWaitsForRoomLeavesItToOthers) {
  start_.agreed.initial_r2t = false;
  restart();
  read(1, bound);
  const auto first = must_work();
  next_is(work_kind::write, bound, true);
  auto h = command(writes, 2, bound);
  h.set(1, writes, 1);
  ok(h);
  auto wrong = data_out(2, no_tag, 0, false);
  wrong.set(field::data_sn, 7, 4);
  ok(wrong, content(512));
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 2);
  session_->finished(first, {});
  sent();
  read(3, bound);
  finish(3);
}

}  // namespace
}  // namespace cairn::iscsi

// SCSI commands and their data: what a session makes of the PDUs of an initiator, good and bad.
#include "tests/unit/iscsi/session_fixture.h"

namespace cairn::iscsi {
namespace {

using SessionTest = SessionFixture;

// ---- reads

TEST_F(SessionTest, AReadComesInPdusThatTheInitiatorTakesWithItsStatusInTheLast) {
  next_is(work_kind::read, 20'000, false);
  ok(command(reads, 1, 20'000));
  const auto t = must_work();
  std::ranges::copy(content(20'000), t->held.span().begin());
  session_->finished(t, {});
  const auto all = sent();
  ASSERT_EQ(all.size(), 3u);
  bytes got;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].head.is(opcode::data_in));
    EXPECT_EQ(all[i].head.u32(field::data_sn), i);
    EXPECT_EQ(all[i].head.u32(field::buffer_offset), got.size());
    EXPECT_EQ((all[i].head.flags() & 0x01) != 0, i == 2);
    got.insert(got.end(), all[i].data.begin(), all[i].data.end());
  }
  EXPECT_EQ(got, content(20'000));
  EXPECT_EQ(all[2].head.u32(field::stat_sn), 100u);
  EXPECT_EQ(session_->tasks(), 0u);
}

TEST_F(SessionTest, SequencesOfDataInEndAtMaxBurstLength) {
  start_.agreed.max_burst = 12'288;
  restart();
  next_is(work_kind::read, 20'480, false);
  ok(command(reads, 1, 20'480));
  session_->finished(must_work(), {});
  const auto all = sent();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].data.size(), 8192u);
  EXPECT_EQ(all[1].data.size(), 4096u);
  EXPECT_TRUE(all[1].head.final());
  EXPECT_FALSE(all[0].head.final());
}

TEST_F(SessionTest, AReadThatIsShorterThanExpectedTellsTheUnderflow) {
  next_is(work_kind::read, 512, false);
  ok(command(reads, 1, 1000));
  session_->finished(must_work(), {});
  const auto p = only_one(opcode::data_in);
  EXPECT_EQ(p.head.flags() & 0x06, 0x02);
  EXPECT_EQ(p.head.u32(44), 488u);
}

TEST_F(SessionTest, AReadThatIsLongerThanExpectedIsCutAndTellsTheOverflow) {
  next_is(work_kind::read, 2048, false);
  ok(command(reads, 1, 700));
  const auto t = must_work();
  EXPECT_EQ(t->what.to_do->range.length, 1024u) << "whole blocks are read, no more than needed";
  session_->finished(t, {});
  const auto p = only_one(opcode::data_in);
  EXPECT_EQ(p.data.size(), 700u);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 2048u - 700);
}

TEST_F(SessionTest, AFailedReadSendsSenseAndNoData) {
  next_is(work_kind::read, 512, false);
  ok(command(reads, 1, 512));
  session_->finished(must_work(), {EIO, {}, {}});
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(status_of(p), 2);
  ASSERT_GE(p.data.size(), 20u);
  EXPECT_EQ(field_reader(p.data).u16(0), 18u);
  EXPECT_EQ(p.data[4], std::byte{3});
}

// ---- writes

TEST_F(SessionTest, ImmediateDataIsUsedWhereItLies) {
  next_is(work_kind::write, 4096, true);
  const auto data = content(4096);
  ok(command(writes, 1, 4096), data);
  const auto t = must_work();
  EXPECT_EQ(t->data.data(), data.data());
  session_->finished(t, {});
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0);
}

TEST_F(SessionTest, WhatIsNotImmediateIsAskedForInBursts) {
  next_is(work_kind::write, 200'000, true);
  const auto data = content(200'000);
  ok(command(writes, 1, 200'000), byte_view(data).first(4096));
  auto asked = sent();
  ASSERT_EQ(asked.size(), 2u) << "MaxOutstandingR2T";
  EXPECT_EQ(session_->take_work(), nullptr);
  std::uint32_t at = 4096, sn = 0;
  while (!asked.empty()) {
    const auto r2t = asked.front().head;
    asked.erase(asked.begin());
    EXPECT_EQ(r2t.u32(36), sn++);
    EXPECT_EQ(r2t.u32(field::buffer_offset), at);
    const auto length = r2t.u32(44), ttt = r2t.u32(field::target_tag);
    EXPECT_LE(length, 65536u);
    for (std::uint32_t done = 0; done < length;) {
      const auto n = std::min(8000u, length - done);
      ok(data_out(1, ttt, at, done + n == length), byte_view(data).subspan(at, n));
      done += n;
      at += n;
    }
    for (auto& more : sent()) asked.push_back(more);
  }
  const auto t = must_work();
  EXPECT_TRUE(std::ranges::equal(t->data, data));
  session_->finished(t, {});
  EXPECT_EQ(only_one(opcode::scsi_response).head.u32(36), sn) << "ExpDataSN counts the R2Ts";
}

TEST_F(SessionTest, UnsolicitedDataFollowsACommandThatAnnouncesIt) {
  start_.agreed.initial_r2t = false;
  restart();
  next_is(work_kind::write, 12'000, true);
  const auto data = content(12'000);
  auto h = command(writes, 1, 12'000);
  h.set(1, writes, 1);
  ok(h, byte_view(data).first(4000));
  EXPECT_EQ(session_->take_work(), nullptr);
  ok(data_out(1, no_tag, 4000, false), byte_view(data).subspan(4000, 4000));
  ok(data_out(1, no_tag, 8000, true), byte_view(data).subspan(8000, 4000));
  EXPECT_TRUE(std::ranges::equal(must_work()->data, data));
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, DataThatIsWholeBeforeItsEndIsToldIsKept) {
  start_.agreed.initial_r2t = false;
  restart();
  next_is(work_kind::write, 512, true);
  auto h = command(writes, 1, 512);
  h.set(1, writes, 1);
  auto data = content(512);
  ok(h, data);
  data.assign(512, std::byte{0xee});  // the stream's buffer goes on
  ok(data_out(1, no_tag, 512, true));
  EXPECT_TRUE(std::ranges::equal(must_work()->data, content(512)));
}

TEST_F(SessionTest, DataIsReceivedWhereItBelongs) {
  next_is(work_kind::write, 50'000, true);
  ok(command(writes, 1, 50'000));
  const auto ttt = sent().at(0).head.u32(field::target_tag);
  auto h = data_out(1, ttt, 0, true);
  h.set(field::data_length, 50'000, 3);
  const auto there = session_->place(h);
  ASSERT_EQ(there.where.size(), 50'000u);
  EXPECT_TRUE(there.owner);
  std::ranges::copy(content(50'000), there.where.begin());
  ok(h, there.where);
  const auto t = must_work();
  EXPECT_TRUE(std::ranges::equal(t->data, content(50'000)));
}

TEST_F(SessionTest, AWriteWithLessDataThanItSaysWritesTheWholeBlocksAndTellsTheOverflow) {
  next_is(work_kind::write, 2048, true);
  const auto data = content(1100);
  ok(command(writes, 1, 1100), data);
  const auto t = must_work();
  EXPECT_EQ(t->what.to_do->range.length, 1024u);
  EXPECT_EQ(t->data.size(), 1024u);
  session_->finished(t, {});
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 2048u - 1100);
}

TEST_F(SessionTest, AWriteWithMoreDataThanItSaysTellsTheUnderflow) {
  next_is(work_kind::write, 512, true);
  const auto data = content(1024);
  ok(command(writes, 1, 1024), data);
  const auto t = must_work();
  EXPECT_EQ(t->data.size(), 512u);
  session_->finished(t, {});
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(p.head.flags() & 0x06, 0x02);
  EXPECT_EQ(p.head.u32(44), 512u);
}

// It was answered as if all had been written.
TEST_F(SessionTest, AWriteThatIsSaidToReadIsRefusedAndTellsTheOverflow) {
  next_is(work_kind::write, 512, true);
  ok(command(reads, 1, 512));
  EXPECT_EQ(session_->take_work(), nullptr);
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(status_of(p), 2);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 512u);
}

TEST_F(SessionTest, AReadThatIsSaidToWriteReturnsNothingAndTellsTheOverflow) {
  next_is(work_kind::read, 512, false);
  ok(command(writes, 1, 512), content(512));
  session_->finished(must_work(), {});
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(status_of(p), 0);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 512u);
}

TEST_F(SessionTest, AnInquiryThatIsSaidToWriteReturnsNothingAndTellsTheOverflow) {
  unit_.next = {};
  unit_.next.done = scsi::answer{scsi::status::good, content(36), {}};
  ok(command(writes, 1, 36), content(36));
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 36u);
}

TEST_F(SessionTest, AWriteOfWhichNoDataIsExpectedWritesNothingAndTellsTheOverflow) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 0));
  EXPECT_EQ(session_->take_work(), nullptr);
  const auto p = only_one(opcode::scsi_response);
  EXPECT_EQ(status_of(p), 0);
  EXPECT_EQ(p.head.flags() & 0x06, 0x04);
  EXPECT_EQ(p.head.u32(44), 512u);
}

TEST_F(SessionTest, CompareAndWriteWithTooLittleDataIsNotBegun) {
  next_is(work_kind::compare_and_write, 1024, true);
  const auto data = content(512);
  ok(command(writes, 1, 512), data);
  EXPECT_EQ(session_->take_work(), nullptr);
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 2);
}

TEST_F(SessionTest, DataOfARefusedCommandIsReceivedAndDropped) {
  start_.agreed.initial_r2t = false;
  restart();
  unit_.next = {};
  unit_.next.done = scsi::answer{scsi::status::reservation_conflict, {}, {}};
  auto h = command(writes, 1, 8000);
  h.set(1, writes, 1);
  ok(h, content(4000));
  EXPECT_TRUE(sent().empty());
  ok(data_out(1, no_tag, 4000, true), content(4000));
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0x18);
}

TEST_F(SessionTest, BrokenRulesAboutDataEndTheConnection) {
  next_is(work_kind::write, 100'000, true);
  EXPECT_FALSE(give(command(writes, 1, 100'000), content(16'385))) << "FirstBurstLength";
  restart();
  auto h = command(writes, 2, 100'000);
  h.set(1, writes, 1);
  EXPECT_FALSE(give(h, content(100))) << "InitialR2T=Yes";
  restart();
  start_.agreed.immediate_data = false;
  restart();
  EXPECT_FALSE(give(command(writes, 3, 100'000), content(100))) << "ImmediateData=No";
  ok(command(writes, 4, 100'000));
  const auto ttt = sent().at(0).head.u32(field::target_tag);
  EXPECT_FALSE(give(data_out(4, ttt + 5, 0, false), content(100))) << "unknown tag";
  EXPECT_FALSE(give(data_out(4, ttt, 1, false), content(100))) << "out of order";
  EXPECT_FALSE(give(data_out(4, ttt, 0, true), content(100))) << "ends too early";
  EXPECT_FALSE(give(data_out(4, ttt, 0, false), content(65'537))) << "beyond its R2T";
  EXPECT_FALSE(give(data_out(4, no_tag, 0, true), content(100))) << "not asked for";
}

TEST_F(SessionTest, ADataSnThatIsNotTheNextEndsTheTask) {
  start_.agreed.immediate_data = false;
  restart();
  next_is(work_kind::write, 1024, true);
  ok(command(writes, 1, 1024));
  const auto ttt = sent().at(0).head.u32(field::target_tag);
  ok(data_out(1, ttt, 0, false), content(512));
  auto again = data_out(1, ttt, 512, true);
  again.set(field::data_sn, 0, 4);
  ok(again, content(512));
  EXPECT_EQ(session_->take_work(), nullptr);
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 2);
}

TEST_F(SessionTest, CompareAndWriteOfNothingWithDataIsRefused) {
  unit_.next = {};
  unit_.next.done = scsi::answer{};
  unit_.next.exact_data_out = true;
  ok(command(writes, 1, 512), content(512));
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 2);
}

TEST_F(SessionTest, DataForUnknownTasksIsIgnored) {
  ok(data_out(77, 3, 0, true), content(100));
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, DataIsOnlyAskedForAsMemoryAllows) {
  limits_.data_bytes_max = 100'000;
  start_.agreed.immediate_data = false;
  restart();
  next_is(work_kind::write, 60'000, true);
  ok(command(writes, 1, 60'000));
  ok(command(writes, 2, 60'000));
  const auto asked = sent();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].head.task_tag(), 1u);
  ok(data_out(1, asked[0].head.u32(field::target_tag), 0, true), content(60'000));
  session_->finished(must_work(), {});
  EXPECT_EQ(session_->take_work(), nullptr);
  const auto then = sent();
  ASSERT_EQ(then.size(), 2u);
  EXPECT_TRUE(then[1].head.is(opcode::r2t));
  EXPECT_EQ(then[1].head.task_tag(), 2u);
}

TEST_F(SessionTest, ParametersGoToTheUnitWhenTheyAreThere) {
  unit_.next = {};
  unit_.next.data_out = 24;
  unit_.next_parameters.done = scsi::answer{};
  const auto data = content(24);
  ok(command(writes, 1, 24), data);
  EXPECT_EQ(unit_.parameters_given, data);
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0);
}

TEST_F(SessionTest, ParametersThatMayBlockAreTheDriversWork) {
  unit_.next = {};
  unit_.next.data_out = 24;
  unit_.next.may_block = true;
  ok(command(writes, 1, 24), content(24));
  const auto t = must_work();
  EXPECT_FALSE(t->what.to_do);
  scsi::decision d;
  d.done = scsi::answer{};
  session_->decided(t, d);
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0);
}

}  // namespace
}  // namespace cairn::iscsi

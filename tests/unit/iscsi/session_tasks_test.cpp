// The command window, task management, and requests that are no SCSI commands.
#include "tests/unit/iscsi/session_fixture.h"

namespace cairn::iscsi {
namespace {

class SessionTasksTest : public SessionFixture {
 protected:
  // PERSISTENT RESERVE OUT that saves its reservations, tag 1.
  task_ptr preempt_and_abort() {
    unit_.next = {};
    unit_.next.data_out = 24;
    unit_.next.may_block = true;
    ok(command(writes, 1, 24), content(24));
    return must_work();
  }
  header text(std::uint8_t flags, std::uint32_t ttt = no_tag) {
    header h(opcode::text_request);
    h.set(1, flags, 1).set(field::task_tag, 3, 4).set(field::target_tag, ttt, 4);
    return h.set(field::cmd_sn, cmd_sn_++, 4);
  }
  static header logout() {
    header h(opcode::logout_request);
    h.set(0, 0x46, 1).set(1, final_bit, 1).set(field::task_tag, 9, 4);
    return h;
  }
  static scsi::decision preempts(scsi::nexus_id n) {
    scsi::decision d;
    d.done = scsi::answer{};
    d.abort = {n};
    return d;
  }
};

// ---- the window

TEST_F(SessionTasksTest, TheWindowShrinksByWhatIsUnderWay) {
  limits_.commands_max = 4;
  restart();
  next_is(work_kind::read, 512, false);
  std::vector<task_ptr> all;
  for (std::uint32_t tag = 1; tag <= 4; ++tag) {
    ok(command(reads, tag, 512));
    all.push_back(must_work());
  }
  ok(command(reads, 5, 512));
  EXPECT_EQ(session_->take_work(), nullptr) << "outside the window: ignored";
  --cmd_sn_;
  session_->finished(all[0], {});
  const auto p = only_one(opcode::data_in);
  EXPECT_EQ(p.head.u32(field::max_cmd_sn), p.head.u32(field::exp_cmd_sn));
  ok(command(reads, 6, 512));
  EXPECT_TRUE(session_->take_work());
}

TEST_F(SessionTasksTest, AnOldCommandNumberIsIgnoredAndAGapEndsTheConnection) {
  next_is(work_kind::read, 512, false);
  cmd_sn_ -= 1;
  ok(command(reads, 1, 512));
  EXPECT_EQ(session_->tasks(), 0u);
  cmd_sn_ += 1;
  EXPECT_FALSE(give(command(reads, 2, 512)));
}

TEST_F(SessionTasksTest, ATagThatIsInUseIsRejected) {
  next_is(work_kind::read, 512, false);
  ok(command(reads, 1, 512));
  ok(command(reads, 1, 512));
  const auto p = only_one(opcode::reject);
  EXPECT_EQ(p.head.u8(2), 0x07);
  EXPECT_EQ(p.data.size(), header_bytes);
}

// Those that announced unsolicited data passed every bound.
TEST_F(SessionTasksTest, ImmediateCommandsBeyondTheirBoundAreRejected) {
  start_.agreed.initial_r2t = false;
  restart();
  next_is(work_kind::write, 1024, true);
  const auto immediate = [&](std::uint32_t tag) {
    auto h = command(writes, tag, 1024);
    h.set(0, 0x41, 1).set(1, writes, 1).set(field::cmd_sn, --cmd_sn_, 4);
    return h;
  };
  for (std::uint32_t tag = 1; tag <= 32; ++tag) ok(immediate(tag), content(512));
  EXPECT_TRUE(sent().empty());
  ok(immediate(33), content(512));
  EXPECT_EQ(only_one(opcode::reject).head.u8(2), 0x06);
  EXPECT_EQ(session_->tasks(), 32u);
  ok(data_out(33, no_tag, 512, true), content(512));
  ok(data_out(1, no_tag, 512, true), content(512));
  session_->finished(must_work(), {});
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0);
  ok(immediate(34), content(512));
  EXPECT_TRUE(sent().empty()) << "there is a place again";
}

// ---- task management

TEST_F(SessionTasksTest, AnAbortedTaskAtTheStorageIsAwaitedAndNotAnswered) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  const auto t = must_work();
  ok(task_request(1, 1));
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(later_.empty());
  session_->finished(t, {});
  ASSERT_EQ(later_.size(), 1u);
  later_[0]();
  const auto p = only_one(opcode::task_response);
  EXPECT_EQ(p.head.u8(2), 0);
  EXPECT_EQ(session_->tasks(), 0u);
}

// Whoever came second was answered at once, while the write still reached the volume.
TEST_F(SessionTasksTest, ATaskThatIsAbortedTwiceIsAwaitedByBoth) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  const auto t = must_work();
  session_->abort_all({});  // its connection was lost
  auto waits = std::make_shared<const int>(0);
  session_->abort_all(waits);
  ok(task_request(1, 1));
  EXPECT_EQ(waits.use_count(), 2);
  EXPECT_TRUE(later_.empty());
  session_->finished(t, {});
  EXPECT_EQ(waits.use_count(), 1);
  EXPECT_EQ(later_.size(), 1u);
}

// Linux waits half a minute for such a task, finds it unknown, and resets the unit under the other.
TEST_F(SessionTasksTest, WhoLosesTasksToAnotherNexusIsTold) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  const auto running = must_work();
  ok(command(writes, 2, 512), content(512));
  auto waits = std::make_shared<const int>(0);
  session_->abort_all(waits, session::by::other);
  const auto at_once = only_one(opcode::scsi_response);
  EXPECT_EQ(at_once.head.task_tag(), 2u);
  EXPECT_EQ(status_of(at_once), 0x40);
  session_->finished(running, {});
  const auto later = only_one(opcode::scsi_response);
  EXPECT_EQ(later.head.task_tag(), 1u);
  EXPECT_EQ(status_of(later), 0x40);
  EXPECT_EQ(waits.use_count(), 1);
  EXPECT_EQ(later.head.u32(field::max_cmd_sn) - later.head.u32(field::exp_cmd_sn) + 1,
            limits_.commands_max);
}

TEST_F(SessionTasksTest, OfATaskThatItAbortedItselfTheInitiatorHearsNoMore) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  ok(command(writes, 2, 512), content(512));
  const auto first = must_work(), second = must_work();
  ok(task_request(1, 1));
  session_->abort_all({}, session::by::other);
  ok(task_request(1, 2));
  session_->finished(first, {});
  session_->finished(second, {});
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(later_.size(), 2u) << "the two functions are answered";
}

TEST_F(SessionTasksTest, AbortingATaskThatWaitsForDataEndsItAtOnce) {
  start_.agreed.immediate_data = false;
  restart();
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512));
  const auto ttt = sent().at(0).head.u32(field::target_tag);
  ok(task_request(1, 1));
  ASSERT_EQ(later_.size(), 1u);
  later_[0]();
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 0);
  ok(data_out(1, ttt, 0, true), content(512));  // came too late: ignored
  EXPECT_EQ(session_->take_work(), nullptr);
}

TEST_F(SessionTasksTest, PreemptAndAbortIsAnsweredWhenTheTasksOfTheOthersAreGone) {
  const auto t = preempt_and_abort();
  session_->decided(t, preempts(9));
  EXPECT_EQ(preempted_, std::vector<scsi::nexus_id>{9});
  EXPECT_TRUE(later_.empty());
  others_.reset();
  later_.at(0)();
  EXPECT_EQ(status_of(only_one(opcode::scsi_response)), 0);
}

// The reservations had changed hands, but what the preempted one had under way went on.
TEST_F(SessionTasksTest, PreemptAndAbortThatIsAbortedWhileItSavesAbortsTheOthersAllTheSame) {
  const auto t = preempt_and_abort();
  ok(task_request(1, 1));
  session_->decided(t, preempts(9));
  EXPECT_EQ(preempted_, std::vector<scsi::nexus_id>{9});
  EXPECT_EQ(session_->tasks(), 0u);
  EXPECT_TRUE(later_.empty()) << "the function waits for the tasks of the others, too";
  others_.reset();
  later_.at(0)();
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 0);
}

TEST_F(SessionTasksTest, AbortingAnUnknownTaskSaysSo) {
  ok(task_request(1, 12345));
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 1);
}

TEST_F(SessionTasksTest, AUnitResetIsAnsweredWhenTheTasksOfAllSessionsAreGone) {
  ok(task_request(5));
  EXPECT_EQ(unit_.resets, 1);
  EXPECT_TRUE(later_.empty()) << "others still have tasks";
  others_.reset();
  ASSERT_EQ(later_.size(), 1u);
  later_[0]();
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 0);
}

TEST_F(SessionTasksTest, AColdResetEndsAllConnectionsAndReassignIsRefused) {
  ok(task_request(7));
  EXPECT_EQ(target_resets_, 0) << "not before the answer";
  others_.reset();
  later_.at(0)();
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 0);
  EXPECT_EQ(target_resets_, 1);
  ok(task_request(8, 1));
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 4);
}

TEST_F(SessionTasksTest, TaskManagementOfAnotherUnitIsRefused) {
  auto h = task_request(5);
  h.set(field::lun, 1, 8);
  ok(h);
  EXPECT_EQ(only_one(opcode::task_response).head.u8(2), 2);
  EXPECT_EQ(unit_.resets, 0);
}

// ---- the rest

TEST_F(SessionTasksTest, ANopIsEchoed) {
  header h(opcode::nop_out);
  h.set(0, 0x40, 1)
      .set(1, final_bit, 1)
      .set(field::task_tag, 55, 4)
      .set(field::target_tag, no_tag, 4);
  const auto data = content(33);
  ok(h, data);
  const auto p = only_one(opcode::nop_in);
  EXPECT_EQ(p.head.task_tag(), 55u);
  EXPECT_EQ(p.head.u32(field::target_tag), no_tag);
  EXPECT_EQ(p.data, data);
}

TEST_F(SessionTasksTest, EchoesThatNobodyReadsAreBounded) {
  limits_.data_bytes_max = 100'000;
  restart();
  header h(opcode::nop_out);
  h.set(0, 0x40, 1).set(1, final_bit, 1).set(field::target_tag, no_tag, 4);
  const auto data = content(8192);
  int taken = 0;
  for (; session_->wants_input() && taken < 1000; ++taken) ok(h.set(field::task_tag, 55, 4), data);
  EXPECT_LE(taken, 100'000 / 8192 + 1);
  (void)sent();
  EXPECT_TRUE(session_->wants_input());
}

TEST_F(SessionTasksTest, APingThatIsNotAnsweredIsNoticed) {
  EXPECT_TRUE(session_->ping());
  const auto ping = only_one(opcode::nop_in);
  EXPECT_EQ(ping.head.task_tag(), no_tag);
  EXPECT_FALSE(session_->ping());
  header h(opcode::nop_out);
  h.set(0, 0x40, 1).set(field::task_tag, no_tag, 4);
  h.set(field::target_tag, ping.head.u32(field::target_tag), 4);
  ok(h);
  EXPECT_TRUE(session_->ping());
}

TEST_F(SessionTasksTest, LogoutIsAnsweredAndEndsTheSession) {
  ok(logout());
  later_.at(0)();
  EXPECT_EQ(only_one(opcode::logout_response).head.u8(2), 0);
  EXPECT_TRUE(session_->closing());
}

// The answer came at once, and the write reached the volume behind it.
TEST_F(SessionTasksTest, LogoutIsAnsweredWhenTheWritesAtTheStorageAreGone) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  const auto t = must_work();
  ok(logout());
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(later_.empty());
  EXPECT_FALSE(session_->closing());
  EXPECT_FALSE(session_->wants_input());
  ok(command(writes, 2, 512), content(512));
  EXPECT_EQ(session_->take_work(), nullptr) << "nothing new is taken";
  session_->finished(t, {});
  later_.at(0)();
  EXPECT_EQ(only_one(opcode::logout_response).head.u8(2), 0);
  EXPECT_TRUE(session_->closing());
}

TEST_F(SessionTasksTest, ALogoutThatIsRefusedChangesNothing) {
  auto h = logout();
  h.set(1, final_bit | 2, 1);  // for recovery
  ok(h);
  EXPECT_EQ(only_one(opcode::logout_response).head.u8(2), 2);
  EXPECT_TRUE(session_->wants_input());
}

TEST_F(SessionTasksTest, ALongTextAnswerComesInParts) {
  text_bytes_ = 20'000;
  auto h = text(final_bit);
  ok(h, content(16));
  std::size_t got = 0;
  for (int parts = 0; parts < 3; ++parts) {
    const auto p = only_one(opcode::text_response);
    got += p.data.size();
    EXPECT_EQ(p.head.final(), parts == 2);
    h.set(field::target_tag, p.head.u32(field::target_tag), 4).set(field::cmd_sn, cmd_sn_, 4);
    if (parts < 2) ++cmd_sn_, ok(h);
  }
  EXPECT_EQ(got, 20'000u);
}

TEST_F(SessionTasksTest, ATextExchangeEndsWhenTheInitiatorSaysSo) {
  ok(text(0), content(16));
  const auto first = only_one(opcode::text_response);
  EXPECT_EQ(first.data.size(), text_bytes_);
  EXPECT_FALSE(first.head.final());
  const auto ttt = first.head.u32(field::target_tag);
  EXPECT_NE(ttt, no_tag);
  ok(text(final_bit, ttt));
  const auto last = only_one(opcode::text_response);
  EXPECT_TRUE(last.data.empty());
  EXPECT_TRUE(last.head.final());
  EXPECT_EQ(last.head.u32(field::target_tag), no_tag);
}

TEST_F(SessionTasksTest, ANewTextRequestDropsOneThatWasNotFinished) {
  constexpr std::uint8_t goes_on = 0x40;
  ok(text(goes_on), content(16));
  EXPECT_FALSE(only_one(opcode::text_response).head.final());
  ok(text(final_bit), content(8));
  EXPECT_TRUE(only_one(opcode::text_response).head.final());
  EXPECT_EQ(text_given_, content(8));
}

TEST_F(SessionTasksTest, SnackAndUnknownRequestsAreRejectedWithTheReason) {
  header h(opcode::snack);
  ok(h);
  EXPECT_EQ(only_one(opcode::reject).head.u8(2), 0x03);
  header odd(static_cast<opcode>(0x1c));
  odd.set(0, 0x5c, 1);
  ok(odd);
  EXPECT_EQ(only_one(opcode::reject).head.u8(2), 0x05);
}

TEST_F(SessionTasksTest, WhenTheSessionEndsItsTasksEndQuietlyAndWhoWaitsIsTold) {
  next_is(work_kind::write, 512, true);
  ok(command(writes, 1, 512), content(512));
  const auto t = must_work();
  bool told = false;
  session_->abort_all(
      {&told, [](const void* p) { *const_cast<bool*>(static_cast<const bool*>(p)) = true; }});
  EXPECT_FALSE(told);
  session_->finished(t, {});
  EXPECT_TRUE(told);
  EXPECT_TRUE(sent().empty());
}

}  // namespace
}  // namespace cairn::iscsi

// Sessions that are lost, replaced or reset while they have work at the storage, and peers that
// take what they can get.
#include "tests/unit/gateway/iscsi_server_fixture.h"

namespace cairn::iscsi {
namespace {

using IscsiSessionEndTest = IscsiServerFixture;

TEST_F(IscsiSessionEndTest, ALoginThatReplacesASessionWaitsForItsWrites) {
  initiator old(port_, 7);
  ASSERT_TRUE(old.connected());
  stick_a_write(old, 0, 0x22);
  std::atomic<bool> logged_in = false;
  std::thread again([&] {
    initiator i(port_, 7);
    logged_in = true;
    ASSERT_TRUE(i.connected());
    EXPECT_EQ(i.read(0, 8), std::vector<unsigned char>(8 * block, 0x22)) << "or it comes later";
  });
  EXPECT_FALSE(old.until([] { return false; })) << "the old session ends";
  EXPECT_FALSE(logged_in);
  stall_.open();
  again.join();
}

// A lost connection left its target at once, and nobody waited for what it had at the storage.
TEST_F(IscsiSessionEndTest, ALoginBehindALostConnectionWaitsForItsWrites) {
  initiator old(port_, 7);
  ASSERT_TRUE(old.connected());
  stick_a_write(old, 0, 0x44);
  old.lose();
  while (!server_->sessions().empty()) std::this_thread::yield();
  std::atomic<bool> logged_in = false;
  std::thread again([&] {
    initiator i(port_, 7);
    ASSERT_TRUE(i.connected());
    logged_in = true;
    EXPECT_EQ(i.read(0, 8), std::vector<unsigned char>(8 * block, 0x44)) << "or it comes later";
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for a login that does not wait
  EXPECT_FALSE(logged_in);
  stall_.open();
  again.join();
}

TEST_F(IscsiSessionEndTest, ALogoutIsAnsweredBehindTheWritesOfItsSession) {
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  stick_a_write(i, 64, 0x88);
  std::atomic<bool> answered = false;
  std::thread leaves([&] {
    EXPECT_EQ(iscsi_logout_sync(i.raw()), 0);
    answered = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for an answer that does not wait
  EXPECT_FALSE(answered);
  stall_.open();
  leaves.join();
  EXPECT_EQ(initiator(port_, 2).read(64, 8), std::vector<unsigned char>(8 * block, 0x88));
}

TEST_F(IscsiSessionEndTest, AUnitResetIsAnsweredBehindTheWritesOfALostConnection) {
  initiator lost(port_, 1), other(port_, 2);
  ASSERT_TRUE(lost.connected() && other.connected());
  while (server_->sessions().size() != 2) std::this_thread::yield();
  stick_a_write(lost, 64, 0x55);
  lost.lose();
  while (server_->sessions().size() != 1) std::this_thread::yield();
  std::atomic<bool> answered = false;
  std::thread resets([&] {
    EXPECT_EQ(iscsi_task_mgmt_lun_reset_sync(other.raw(), 0), 0);
    answered = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for an answer that does not wait
  EXPECT_FALSE(answered);
  stall_.open();
  resets.join();
  EXPECT_EQ(initiator(port_, 3).read(64, 8), std::vector<unsigned char>(8 * block, 0x55));
}

// They took all places for fifteen seconds, again and again.
TEST_F(IscsiSessionEndTest, StrangersThatOnlyConnectKeepNobodyFromLoggingIn) {
  asio::io_context io;
  std::list<asio::ip::tcp::socket> strangers;
  for (int n = 0; n < 200; ++n)
    strangers.emplace_back(io).connect({asio::ip::address_v4::loopback(), port_});
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  for (int n = 0; n < 40; ++n)
    strangers.emplace_back(io).connect({asio::ip::address_v4::loopback(), port_});
  EXPECT_EQ(i.read(0, 8).size(), 8u * block) << "who has logged in stays";
}

// Sends NOP-Outs that want no answer, as fast as they are taken.
void flood(initiator& from, const std::atomic<bool>& stop) {
  std::vector<unsigned char> many;
  for (int n = 0; n < 1000; ++n) {
    std::vector<unsigned char> one(48);
    one[0] = 0x40, one[1] = 0x80;                          // NOP-Out, immediate, final
    std::fill_n(one.begin() + 16, 8, std::uint8_t{0xff});  // no task tag, no target transfer tag
    many.insert(many.end(), one.begin(), one.end());
  }
  std::size_t at = 0;
  while (!stop) {
    const auto n =
        ::send(iscsi_get_fd(from.raw()), many.data() + at, many.size() - at, MSG_NOSIGNAL);
    if (n > 0) at = (at + static_cast<std::size_t>(n)) % many.size();
  }
}

// Each kept a network thread, and its connection's lock, for as long as it went on.
TEST_F(IscsiSessionEndTest, InitiatorsThatNeverStopSendingLeaveOthersTheirTurn) {
  std::list<initiator> all;
  std::list<std::thread> floods;
  std::atomic<bool> stop = false;
  for (unsigned n = 0; n < 6; ++n) ASSERT_TRUE(all.emplace_back(port_, 60 + n).connected());
  for (auto& i : all) floods.emplace_back([&] { flood(i, stop); });
  {
    initiator other(port_, 90);
    EXPECT_TRUE(other.connected());
    EXPECT_EQ(other.read(0, 8).size(), 8u * block);
  }
  EXPECT_TRUE(initiator(port_, 60).connected()) << "the flood's own port logs in again";
  server_->stop();
  stop = true;
  for (auto& t : floods) t.join();
}

TEST_F(IscsiSessionEndTest, AUnitResetIsAnsweredBehindTheWritesThatItEnded) {
  initiator writer(port_, 1), other(port_, 2);
  ASSERT_TRUE(writer.connected() && other.connected());
  stick_a_write(writer, 64, 0x33);
  std::atomic<bool> answered = false;
  std::thread resets([&] {
    EXPECT_EQ(iscsi_task_mgmt_lun_reset_sync(other.raw(), 0), 0);
    answered = true;
  });
  writer.nop();
  ASSERT_TRUE(writer.until([&] { return writer.echoes == 1; }));
  EXPECT_FALSE(answered);
  stall_.open();
  resets.join();
  EXPECT_EQ(writer.good, 0) << "an aborted task is not answered";
}

}  // namespace
}  // namespace cairn::iscsi

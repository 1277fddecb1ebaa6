// What only the threads of a target can get wrong. The sanitizers run it, too.
#include "tests/unit/gateway/iscsi_server_fixture.h"

#include <set>

#include "base/heartbeat.h"

namespace cairn::iscsi {
namespace {

using IscsiServerTest = IscsiServerFixture;

TEST_F(IscsiServerTest, SeveralInitiatorsWriteAtOnceAndReadWhatTheyWrote) {
  std::vector<std::thread> all;
  for (unsigned n = 0; n < 4; ++n) {
    all.emplace_back([this, n] {
      initiator i(port_, 100 + n);
      ASSERT_TRUE(i.connected());
      for (unsigned k = 0; k < 200; ++k)
        ASSERT_TRUE(
            i.write(n * 4096 + k * 8, 8, static_cast<unsigned char>(n * 50 + k % 50), k % 16 == 0));
      ASSERT_TRUE(i.until([&] { return i.good == 200; })) << i.good << " " << i.bad;
      for (unsigned k = 0; k < 200; k += 7) {
        const std::vector<unsigned char> expected(8 * block,
                                                  static_cast<unsigned char>(n * 50 + k % 50));
        EXPECT_EQ(i.read(n * 4096 + k * 8, 8), expected) << n << " " << k;
      }
    });
  }
  for (auto& t : all) t.join();
}

// They share one context, so none can beat for itself: idle, they must count as at rest.
TEST_F(IscsiServerTest, ItsThreadsAreWatchedAndRestWhileNothingComes) {
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  const auto at_rest = [] {
    std::size_t watched = 0;
    for (const auto& each : read_threads()) {
      if (each.name != "iSCSI: connections") continue;
      if (each.does != thread_does::resting) return std::size_t{0};
      ++watched;
    }
    return watched;
  };
  while (at_rest() == 0) std::this_thread::yield();
}

TEST_F(IscsiServerTest, NopOutIsAnsweredWhileTheJournalStandsStill) {
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  stick_a_write(i, 0, 0x11);
  for (int n = 1; n <= 3; ++n) {
    i.nop();
    ASSERT_TRUE(i.until([&] { return i.echoes == n; }));
  }
  EXPECT_EQ(i.good, 0);
  stall_.open();
  ASSERT_TRUE(i.until([&] { return i.good == 1; }));
  EXPECT_EQ(i.read(0, 8), std::vector<unsigned char>(8 * block, 0x11));
}

// Nobody looked again when the last output was sent, and the initiator had nothing more to say.
TEST_F(IscsiServerTest, AReadThatWaitedForTheOutputOfOthersBeginsWhenThatIsSent) {
  ASSERT_EQ(member_->grow(0, 32 << 20), true);
  server_->look_at_sizes();
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  ASSERT_TRUE(i.begin_read(0, (16 << 20) / block));
  ASSERT_TRUE(i.begin_read(0, (32 << 20) / block - 1));
  ASSERT_TRUE(i.until([&] { return i.good == 2; })) << i.good << " " << i.bad;
}

// Each had a network thread stuck in the journal, and none was left.
TEST_F(IscsiServerTest, NopOutIsAnsweredWhileManySessionsAreStuckInTheJournal) {
  std::list<initiator> all;
  for (unsigned n = 0; n < 12; ++n) ASSERT_TRUE(all.emplace_back(port_, 40 + n).connected());
  stall_.close();
  std::uint32_t lba = 0;
  for (int round = 0; round < 3; ++round) {
    for (auto& i : all) {
      ASSERT_TRUE(i.write(lba += 8, 8, 0x66));
      ASSERT_TRUE(i.until([&] { return iscsi_out_queue_length(i.raw()) == 0; }));
      i.nop();
      ASSERT_TRUE(i.until([&] { return i.echoes == round + 1; }));
    }
  }
  stall_.open();
  for (auto& i : all) ASSERT_TRUE(i.until([&] { return i.good == 3; }));
}

// They took every thread of the pool, and what only wanted to read waited behind them.
TEST_F(IscsiServerTest, WhatWaitsForADiskDoesNotWaitForWritesThatAreStuckInTheJournal) {
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  stall_.close();
  for (std::uint32_t n = 0; n < 40; ++n) ASSERT_TRUE(i.write(n * 8, 8, 0x22, true));
  ASSERT_TRUE(i.until([&] { return iscsi_out_queue_length(i.raw()) == 0; }));
  stall_.wait_for_somebody();
  ASSERT_TRUE(i.begin_verify(4096, 8));
  ASSERT_TRUE(i.until([&] { return i.good == 1; }));
  stall_.open();
  ASSERT_TRUE(i.until([&] { return i.good == 41; })) << i.good << " " << i.bad;
}

TEST_F(IscsiServerTest, AVolumeThatGrowsIsAnnouncedToEverySession) {
  initiator one(port_, 1), two(port_, 2);
  ASSERT_TRUE(one.connected() && two.connected());
  ASSERT_EQ(member_->grow(0, 32 << 20), true);
  server_->look_at_sizes();
  for (auto* i : {&one, &two}) {
    auto* t = iscsi_testunitready_sync(i->raw(), 0);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->status, SCSI_STATUS_CHECK_CONDITION);
    EXPECT_EQ(t->sense.key, SCSI_SENSE_UNIT_ATTENTION);
    EXPECT_EQ(t->sense.ascq, SCSI_SENSE_ASCQ_CAPACITY_DATA_HAS_CHANGED);
    scsi_free_scsi_task(t);
    t = iscsi_readcapacity16_sync(i->raw(), 0);
    ASSERT_NE(t, nullptr);
    const auto* told = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(t));
    ASSERT_NE(told, nullptr);
    EXPECT_EQ(told->returned_lba, (32U << 20) / block - 1);
    scsi_free_scsi_task(t);
  }
  ASSERT_TRUE(one.write((32U << 20) / block - 8, 8, 0x77));
  ASSERT_TRUE(one.until([&] { return one.good == 1; }));
  EXPECT_EQ(two.read((32U << 20) / block - 8, 8), std::vector<unsigned char>(8 * block, 0x77));
}

TEST_F(IscsiServerTest, DiscoveryTellsEveryPortalWhereverItIsAsked) {
  for (const auto port : server_->ports()) {
    auto* i = iscsi_create_context("iqn.2026-11.io.cairn:t");
    iscsi_set_session_type(i, ISCSI_SESSION_DISCOVERY);
    ASSERT_EQ(iscsi_connect_sync(i, ("127.0.0.1:" + std::to_string(port)).c_str()), 0);
    ASSERT_EQ(iscsi_login_sync(i), 0);
    auto* found = iscsi_discovery_sync(i);
    ASSERT_NE(found, nullptr);
    std::set<std::string> portals;
    for (auto* p = found->portals; p != nullptr; p = p->next) portals.insert(p->portal);
    EXPECT_EQ(found->next, nullptr);
    iscsi_free_discovery_data(i, found);
    iscsi_destroy_context(i);
    std::set<std::string> all;
    for (const auto each : server_->ports()) all.insert("127.0.0.1:" + std::to_string(each) + ",1");
    EXPECT_EQ(portals, all);
  }
}

TEST_F(IscsiServerTest, CompareAndWriteFromManySessionsLosesNoCount) {
  constexpr int sessions = 4, rounds = 25;
  std::vector<std::thread> all;
  for (unsigned n = 0; n < sessions; ++n) {
    all.emplace_back([this, n] {
      initiator i(port_, 20 + n);
      ASSERT_TRUE(i.connected());
      for (int done = 0; done < rounds;) {
        auto now = i.read(5, 1);
        ASSERT_EQ(now.size(), std::size_t{block});
        std::vector<unsigned char> both = now;
        std::uint32_t count = 0;
        std::memcpy(&count, now.data(), sizeof count);
        ++count;
        std::memcpy(now.data(), &count, sizeof count);
        both.insert(both.end(), now.begin(), now.end());
        auto* t =
            iscsi_compareandwrite_sync(i.raw(), 0, 5, both.data(), 2 * block, block, 0, 0, 0, 0, 0);
        ASSERT_NE(t, nullptr);
        if (t->status == SCSI_STATUS_GOOD) ++done;
        scsi_free_scsi_task(t);
      }
    });
  }
  for (auto& t : all) t.join();
  initiator i(port_, 99);
  std::uint32_t count = 0;
  std::memcpy(&count, i.read(5, 1).data(), sizeof count);
  EXPECT_EQ(count, std::uint32_t{sessions * rounds});
}

TEST_F(IscsiServerTest, StoppingEndsSessionsThatAreBusy) {
  initiator i(port_, 1);
  ASSERT_TRUE(i.connected());
  while (server_->sessions().size() != 1) std::this_thread::yield();  // looked at now and then
  for (unsigned k = 0; k < 100; ++k) ASSERT_TRUE(i.write(k * 8, 8, 1));
  std::thread stops([this] { server_->stop(); });
  i.until([&] { return i.good + i.bad == 100; });
  stops.join();
  EXPECT_FALSE(initiator(port_, 2).connected());
}

}  // namespace
}  // namespace cairn::iscsi

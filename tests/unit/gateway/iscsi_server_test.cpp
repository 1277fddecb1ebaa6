// A whole target in this process, with libiscsi as the initiator: what only the threads can get
// wrong. The sanitizers run it, too.
#include <gtest/gtest.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>

#include <condition_variable>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "gateway/iscsi/driver/connection.h"
#include "gateway/iscsi/driver/target_server.h"
#include "storage/posix_disk.h"
#include "tests/support/watched_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn::iscsi {
namespace {

constexpr int block = 512;
constexpr const char* target_name = "iqn.2026-11.io.cairn:lab.v";

// A point in the journal's writing at which appends stand still.
class stall {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !closed_; });
    --waiting_;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  void wait_for_somebody() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ && waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
};

// One session. Counts what comes back.
class initiator {
 public:
  initiator(std::uint16_t port, std::uint32_t isid, const char* name = "iqn.2026-11.io.cairn:t") {
    iscsi_ = iscsi_create_context(name);
    iscsi_set_isid_random(iscsi_, isid, 0);
    iscsi_set_targetname(iscsi_, target_name);
    iscsi_set_session_type(iscsi_, ISCSI_SESSION_NORMAL);
    iscsi_set_noautoreconnect(iscsi_, 1);
    const auto portal = "127.0.0.1:" + std::to_string(port);
    connected_ = iscsi_full_connect_sync(iscsi_, portal.c_str(), 0) == 0;
  }
  ~initiator() { iscsi_destroy_context(iscsi_); }
  initiator(const initiator&) = delete;
  initiator& operator=(const initiator&) = delete;

  bool connected() const { return connected_; }
  iscsi_context* raw() { return iscsi_; }

  scsi_task* write(std::uint32_t lba, int blocks, unsigned char fill, bool fua = false) {
    data_.push_back(std::vector<unsigned char>(static_cast<std::size_t>(blocks * block), fill));
    auto& d = data_.back();
    return iscsi_write10_task(iscsi_, 0, lba, d.data(), static_cast<std::uint32_t>(d.size()), block,
                              0, 0, fua, 0, 0, ended, this);
  }
  // As if the network had failed: no logout.
  void lose() { ::shutdown(iscsi_get_fd(iscsi_), SHUT_RDWR); }
  void nop() { iscsi_nop_out_async(iscsi_, echoed, nullptr, 0, this); }

  // Until this is true, or nothing came for 20 s.
  template <class F>
  bool until(F&& f) {
    while (!f()) {
      pollfd p{iscsi_get_fd(iscsi_), static_cast<short>(iscsi_which_events(iscsi_)), 0};
      if (::poll(&p, 1, 20'000) <= 0 || iscsi_service(iscsi_, p.revents) != 0) return f();
    }
    return true;
  }
  std::vector<unsigned char> read(std::uint32_t lba, int blocks) {
    auto* t = iscsi_read10_sync(iscsi_, 0, lba, static_cast<std::uint32_t>(blocks * block), block,
                                0, 0, 0, 0, 0);
    std::vector<unsigned char> out;
    if (t != nullptr && t->status == SCSI_STATUS_GOOD)
      out.assign(t->datain.data, t->datain.data + t->datain.size);
    scsi_free_scsi_task(t);
    return out;
  }

  int good = 0, bad = 0, echoes = 0;

 private:
  static void ended(iscsi_context*, int status, void* command, void* self) {
    auto& me = *static_cast<initiator*>(self);
    ++(status == SCSI_STATUS_GOOD ? me.good : me.bad);
    scsi_free_scsi_task(static_cast<scsi_task*>(command));
  }
  static void echoed(iscsi_context*, int, void*, void* self) {
    ++static_cast<initiator*>(self)->echoes;
  }

  iscsi_context* iscsi_;
  bool connected_ = false;
  std::list<std::vector<unsigned char>> data_;
};

class IscsiServerTest : public testing::Test {
 protected:
  IscsiServerTest() {
    set_log_level(log_level::error);
    std::signal(SIGPIPE, SIG_IGN);  // libiscsi writes to sockets that the target has closed
    disk_.watch({[this](byte_view, byte_view) { stall_.pass(); }, [] {}, [] {}});
    member_config c;
    c.group = "lab";
    c.name = "m1";
    c.journal = directory_ / "journal";
    c.journal_size_bytes = 256 << 20;
    c.segment_bytes = 16 << 20;
    c.volumes = {{"v", directory_ / "v.img", 16 << 20}};
    auto opened = member::open(disk_, c, "g", {}, system_random());
    EXPECT_TRUE(opened) << opened.error().text;
    member_ = std::move(*opened);
    member_->start();
    server_options o;
    o.listen = {{"127.0.0.1", 0}};
    o.state_directory = directory_ / "state";
    EXPECT_TRUE(disk_.make_directory(o.state_directory));
    export_options e;
    e.rules.name = target_name;
    e.rules.alias = "v";
    e.volume = {member_.get(), 0};
    o.exports = {e};
    auto made = target_server::open(disk_, o, system_random());
    EXPECT_TRUE(made) << made.error().text;
    server_ = std::move(*made);
    server_->start();
    port_ = server_->ports().at(0);
  }
  ~IscsiServerTest() override {
    stall_.open();
    server_->stop();
    member_->stop();
    set_log_level(log_level::notice);
  }

  // A write that stands still in the journal.
  void stick_a_write(initiator& i, std::uint32_t lba, unsigned char fill) {
    stall_.close();
    ASSERT_TRUE(i.write(lba, 8, fill));
    ASSERT_TRUE(i.until([&] { return iscsi_out_queue_length(i.raw()) == 0; }));
    stall_.wait_for_somebody();
  }

  temporary_directory directory_;
  stall stall_;
  watched_disk disk_{posix_disk()};
  std::unique_ptr<member> member_;
  std::unique_ptr<target_server> server_;
  std::uint16_t port_ = 0;
};

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

TEST_F(IscsiServerTest, ALoginThatReplacesASessionWaitsForItsWrites) {
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
TEST_F(IscsiServerTest, ALoginBehindALostConnectionWaitsForItsWrites) {
  initiator old(port_, 7);
  ASSERT_TRUE(old.connected());
  stick_a_write(old, 0, 0x44);
  old.lose();
  while (!server_->sessions().empty()) std::this_thread::yield();
  std::atomic<int> logged_in = 0;
  const auto log_in = [&] {
    initiator i(port_, 7);
    if (!i.connected()) return;  // the other one came behind it
    ++logged_in;
    EXPECT_EQ(i.read(0, 8), std::vector<unsigned char>(8 * block, 0x44)) << "or it comes later";
  };
  std::thread first(log_in), second(log_in);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for a login that does not wait
  EXPECT_EQ(logged_in, 0);
  stall_.open();
  first.join();
  second.join();
  EXPECT_GE(logged_in, 1);
}

TEST_F(IscsiServerTest, AUnitResetIsAnsweredBehindTheWritesOfALostConnection) {
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

// They took all places for fifteen seconds, again and again.
TEST_F(IscsiServerTest, StrangersThatOnlyConnectKeepNobodyFromLoggingIn) {
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

TEST_F(IscsiServerTest, AUnitResetIsAnsweredBehindTheWritesThatItEnded) {
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

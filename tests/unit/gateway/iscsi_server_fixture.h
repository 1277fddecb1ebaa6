// A whole target in this process, with libiscsi as the initiator, and a journal that can be made to
// stand still.
#pragma once
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
#include "gateway/iscsi/connection.h"
#include "gateway/iscsi/target_server.h"
#include "storage/posix_disk.h"
#include "tests/support/stall.h"
#include "tests/support/watched_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn::iscsi {

constexpr int block = 512;
constexpr const char* target_name = "iqn.2026-11.io.cairn:lab.v";

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
  scsi_task* begin_read(std::uint32_t lba, int blocks) {
    return iscsi_read10_task(iscsi_, 0, lba, static_cast<std::uint32_t>(blocks * block), block, 0,
                             0, 0, 0, 0, ended, this);
  }
  scsi_task* begin_verify(std::uint32_t lba, int blocks) {
    return iscsi_verify10_task(iscsi_, 0, nullptr, static_cast<std::uint32_t>(blocks * block), lba,
                               0, 0, 0, block, ended, this);
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

class IscsiServerFixture : public testing::Test {
 protected:
  IscsiServerFixture() {
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
    o.listen = {{"127.0.0.1", 0}, {"127.0.0.1", 0}};
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
  ~IscsiServerFixture() override {
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

}  // namespace cairn::iscsi

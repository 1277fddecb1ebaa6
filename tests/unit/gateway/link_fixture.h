// Both ends of a link with real members, journals and sockets, for tests.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "gateway/link/receiver_link.h"
#include "gateway/link/sender_link.h"
#include "storage/posix_disk.h"
#include "tests/support/own_address.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {

using std::chrono::milliseconds;
constexpr std::uint64_t volume_bytes = 1U << 20;

inline bytes block(char c) { return bytes(4096, static_cast<std::byte>(c)); }

template <class F>
bool soon(F&& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

class link_test : public testing::Test {
 protected:
  void SetUp() override {
    quick_.retry_min_us = 5'000;
    quick_.retry_max_us = 50'000;
    quick_.heartbeat_us = 20'000;
    patient_.heartbeat = milliseconds(20);
    patient_.farewell = milliseconds(200);
  }
  void TearDown() override {
    stop_primary();
    stop_secondary();
  }

  member_config config(member_role role, const std::string& at) {
    member_config c;
    c.group = "bank";
    c.name = "m1";
    c.role = role;
    c.journal = where_ / at + "/journal";
    c.journal_size_bytes = 64U << 20;
    c.segment_bytes = 4U << 20;
    for (const auto& name : volumes_)
      c.volumes.push_back({name, where_ / at + "/" + name + ".img", volume_bytes});
    return c;
  }

  std::unique_ptr<member> open(const member_config& c) {
    std::filesystem::create_directories(c.journal);
    auto m = member::open(posix_disk(), c, "gateway", {}, system_random());
    EXPECT_TRUE(m) << m.error().text;
    if (!m) return nullptr;
    (*m)->start();
    return std::move(*m);
  }

  void start_secondary() {
    secondary_ = open(config(member_role::secondary, "s"));
    auto door = receiver_link::open(link_, {secondary_.get()}, patient_);
    ASSERT_TRUE(door) << door.error().text;
    receiving_ = std::move(*door);
    receiving_->start();
  }
  void stop_secondary() {
    if (receiving_) receiving_->stop();
    receiving_.reset();
    if (secondary_) secondary_->stop();
    secondary_.reset();
  }
  void open_primary() {
    auto c = config(member_role::primary, "p");
    c.peer = link_;
    primary_ = open(c);
  }
  void start_primary() {
    open_primary();
    connect();
  }
  void connect() {
    sending_ = std::make_unique<sender_link>(*primary_, quick_);
    sending_->start();
  }
  void disconnect() {
    if (sending_) sending_->stop();
    sending_.reset();
  }
  void stop_primary() {
    disconnect();
    if (primary_) primary_->stop();
    primary_.reset();
  }

  void write(char c, std::uint64_t offset = 0) {
    ASSERT_TRUE(primary_->write_and_wait(0, block(c), offset, false));
  }
  bool all_stored() {
    return soon([&] {
      const auto s = primary_->status();
      return s.stored == s.finished && s.stored == secondary_->log().durable();
    });
  }
  sequence trimmed() { return std::max(primary_->log().trimmed(), secondary_->log().trimmed()); }
  // Both journals hold the same records, byte for byte, watermarks in the headers aside.
  void expect_same_journals() {
    const sequence last = primary_->log().finished();
    ASSERT_EQ(secondary_->log().finished(), last);
    // What is destaged and backed may be trimmed at any moment.
    result<std::vector<row>> ours, theirs;
    ASSERT_TRUE(soon([&] {
      ours = primary_->log().rows(trimmed().next(), last, 100'000, ~0ULL);
      theirs = secondary_->log().rows(trimmed().next(), last, 100'000, ~0ULL);
      return ours && theirs && ours->size() == theirs->size();
    }));
    for (std::size_t i = 0; i < ours->size(); ++i) expect_same((*ours)[i], (*theirs)[i]);
  }
  void expect_same(row mine, row other) {
    EXPECT_EQ(mine.what.kind, other.what.kind);
    EXPECT_EQ(mine.what.seq, other.what.seq);
    EXPECT_EQ(mine.what.range, other.what.range);
    EXPECT_EQ(mine.what.data_crc, other.what.data_crc);
    raw_bytes a, b;
    const bool read =
        primary_->log().read_record(mine, a) && secondary_->log().read_record(other, b);
    if (!read && mine.what.seq <= trimmed()) return;
    ASSERT_TRUE(read);
    ASSERT_EQ(a.size(), b.size());
    EXPECT_TRUE(
        std::equal(a.begin() + record_header_bytes, a.end(), b.begin() + record_header_bytes));
  }

  // A marker, sealed at the primary and stored at the secondary.
  marker_id sealed_marker(std::uint64_t n) {
    const marker_id id{marker_number(n), epoch(1)};
    std::atomic<bool> sealed{false};
    const auto now = [] { return std::chrono::steady_clock::now(); };
    primary_->rounds()->on_mark({id, {"m1"}, 1000}, now(), [&](const control_message& m) {
      const auto* told = std::get_if<outcome>(&m);
      if (told && told->sealed) sealed = true;
    });
    primary_->rounds()->on_release({id, primary_->log().current()}, now());
    EXPECT_TRUE(soon([&] { return sealed.load(); }));
    EXPECT_TRUE(all_stored());
    return id;
  }

  std::string link_of(member& m) {
    const auto s = m.status();
    return std::string(name_of(s.link)) + ": " + s.link_because;
  }

  temporary_directory where_;
  std::vector<std::string> volumes_{"v1"};
  sender_settings quick_;
  receiver_settings patient_;
  endpoint link_{own_address(), 7330};
  std::unique_ptr<member> primary_, secondary_;
  std::unique_ptr<sender_link> sending_;
  std::unique_ptr<receiver_link> receiving_;
};

}  // namespace cairn

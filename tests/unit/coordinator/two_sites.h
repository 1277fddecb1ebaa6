// Two sites in one process: real gateways with real journals and links, and coordinators that are
// started and stopped as a test wants.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "coordinator/coordinator.h"
#include "gateway/gateway.h"
#include "storage/posix_disk.h"
#include "tests/support/own_address.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {

class two_sites : public testing::Test {
 protected:
  static constexpr std::size_t members = 2;
  static constexpr std::uint64_t volume_bytes = 1U << 20;

  void SetUp() override {
    for (const bool primary : {false, true})
      for (std::size_t i = 0; i < members; ++i) start_gateway(primary, i);
  }
  void TearDown() override {
    for (auto& c : coordinators_)
      if (c) c->stop();
    for (auto& site : gateways_)
      for (auto& g : site)
        if (g) g->stop();
  }

  static std::string name(std::size_t i) { return "m" + std::to_string(i + 1); }
  static endpoint link(std::size_t i) {
    return {own_address(), static_cast<std::uint16_t>(7000 + i)};
  }
  static endpoint control(bool primary, std::size_t i) {
    return {own_address(), static_cast<std::uint16_t>((primary ? 7100 : 7200) + i)};
  }

  void start_gateway(bool primary, std::size_t i) {
    const std::string base = where_ / name(i) + (primary ? ".primary" : ".secondary");
    gateway_config g;
    g.name = name(i);
    g.state_directory = base;
    g.control = control(primary, i);
    if (!primary) g.link = link(i);
    member_config m;
    m.group = "g";
    m.name = name(i);
    m.role = primary ? member_role::primary : member_role::secondary;
    m.journal = base + "/journal";
    m.journal_size_bytes = 64U << 20;
    m.segment_bytes = 4U << 20;
    if (primary) m.peer = link(i);
    m.volumes = {{name(i) + "-v1", base + "/v1.img", volume_bytes}};
    g.members = {m};
    auto opened = gateway::open(posix_disk(), g, system_random());
    ASSERT_TRUE(opened) << opened.error().text;
    gateways_[primary][i] = std::move(*opened);
    gateways_[primary][i]->start();
  }
  void stop_gateway(bool primary, std::size_t i) {
    gateways_[primary][i]->stop();
    gateways_[primary][i].reset();
  }

  coordinator_config config(bool primary, std::size_t count = members) {
    coordinator_config c;
    c.name = primary ? "site-a" : "site-b";
    c.group = "g";
    c.primary = primary;
    c.state_directory = where_ / c.name;
    c.marker_interval = std::chrono::milliseconds(200);
    for (std::size_t i = 0; i < count; ++i) c.members.push_back({name(i), control(primary, i)});
    return c;
  }
  coordinator& start_coordinator(const coordinator_config& c) {
    auto opened = coordinator::open(posix_disk(), c, system_random());
    EXPECT_TRUE(opened) << opened.error().text;
    coordinators_.push_back(std::move(*opened));
    coordinators_.back()->start();
    return *coordinators_.back();
  }
  void stop_coordinator(coordinator& c) {
    c.stop();
    std::erase_if(coordinators_, [&](const auto& owned) { return owned.get() == &c; });
  }

  // Polls; a test that fails here says what it saw last.
  static bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  static operation_view ended(coordinator& c, const result<std::uint64_t>& id) {
    operation_view last;
    if (!id) {
      ADD_FAILURE() << id.error().text;
      return last;
    }
    EXPECT_TRUE(eventually([&] {
      last = c.operation(*id).value_or(operation_view{});
      return last.state != operation_state::running;
    })) << last.sentence;
    return last;
  }
  // A sealed marker behind everything that was written before the call.
  static marker_id marker_now(coordinator& c) {
    const operation_view done = ended(c, c.marker_now(""));
    EXPECT_EQ(done.state, operation_state::done) << done.sentence;
    return done.marker ? done.marker->marker : marker_id{};
  }

  // The same, when every secondary holds it.
  marker_id stored_marker_now(coordinator& c) {
    const marker_id at = marker_now(c);
    for (std::size_t i = 0; i < members; ++i)
      EXPECT_TRUE(eventually([&] { return member_of(false, i).status().newest_stored >= at; }));
    return at;
  }

  member& member_of(bool primary, std::size_t i) {
    return dynamic_cast<member&>(*gateways_[primary][i]->exports().front().owner);
  }
  void write(std::size_t i, char c, std::uint64_t offset) {
    const auto done =
        member_of(true, i).write_and_wait(0, bytes(4096, static_cast<std::byte>(c)), offset, false);
    ASSERT_TRUE(done) << done.error().text;
  }
  char read(bool primary, std::size_t i, std::uint64_t offset) {
    bytes out(512);
    const auto done = member_of(primary, i).read(0, out, offset);
    EXPECT_TRUE(done) << done.error().text;
    return static_cast<char>(out[0]);
  }

  temporary_directory where_;
  std::unique_ptr<gateway> gateways_[2][members];  // [primary][member]
  std::vector<std::unique_ptr<coordinator>> coordinators_;
};

}  // namespace cairn

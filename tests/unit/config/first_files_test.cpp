// What `config init` writes is what the programs read, whatever was chosen.
#include "config/first_files.h"

#include "config/config.h"
#include "config/settings.h"
#include "tests/unit/config/configuration_fixture.h"

namespace cairn {
namespace {

class first_configuration : public configuration_directory {
 protected:
  first_configuration() {
    setup_.group = "lab";
    setup_.member = "m1";
    setup_.volumes = {{"db", "/nowhere/db.img", "1GiB"}, {"log", "/nowhere/log.img", "2GiB"}};
  }

  // Makes the files; each must be good.
  void write() {
    setup_.directory = directory_;
    const auto files = first_files(setup_);
    ASSERT_TRUE(files) << files.error().text;
    for (const auto& file : *files) {
      put(std::filesystem::path(file.path).filename(), file.text);
      const auto good = check_config(file.path);
      EXPECT_TRUE(good) << good.error().text << "\n" << file.text;
    }
  }
  gateway_config gateway(const std::string& name = "gateway.toml") {
    return read_gateway_config(directory_ / name).value();
  }
  coordinator_config coordinator(const std::string& name = "coordinator.toml") {
    return read_coordinator_config(directory_ / name).value();
  }
  std::string refusal() {
    const auto files = first_files(setup_);
    return files ? "" : files.error().text;
  }

  first_setup setup_;
};

TEST_F(first_configuration, OfAPrimaryConnectsToItsPeer) {
  setup_.listen = "192.0.2.1";
  setup_.peer = "192.0.2.2";
  setup_.iscsi = true;
  write();
  const auto g = gateway();
  EXPECT_TRUE(g.insecure);
  EXPECT_EQ(g.nbd->text(), "192.0.2.1:10809");
  EXPECT_EQ(g.iscsi->listen[0].text(), "192.0.2.1:3260");
  EXPECT_EQ(g.control.text(), "127.0.0.1:7331");
  EXPECT_FALSE(g.link);
  ASSERT_EQ(g.members.size(), 1u);
  EXPECT_EQ(g.members[0].peer->text(), "192.0.2.2:7330");
  ASSERT_EQ(g.members[0].volumes.size(), 2u);
  EXPECT_EQ(g.members[0].volumes[1].size_bytes, 2ULL << 30);
  EXPECT_TRUE(coordinator().primary);
  EXPECT_EQ(coordinator().members[0].control, g.control);
}

TEST_F(first_configuration, OfASecondaryListensForItsPrimary) {
  setup_.role = first_role::secondary;
  setup_.listen = "192.0.2.2";
  write();
  EXPECT_EQ(gateway().link->text(), "192.0.2.2:7330");
  EXPECT_EQ(gateway().members[0].role, member_role::secondary);
  EXPECT_FALSE(coordinator().primary);
}

TEST_F(first_configuration, OnLoopbackNothingIsInsecure) {
  write();
  EXPECT_FALSE(gateway().insecure);
  EXPECT_FALSE(gateway().members[0].peer);
}

TEST_F(first_configuration, OfBothSidesHasNothingTwice) {
  setup_.role = first_role::both;
  write();
  const auto a = gateway("gateway-primary.toml"), b = gateway("gateway-secondary.toml");
  EXPECT_EQ(a.members[0].peer, b.link);
  EXPECT_NE(a.members[0].volumes[0].path, b.members[0].volumes[0].path);
  EXPECT_NE(a.members[0].journal, b.members[0].journal);
  EXPECT_NE(a.state_directory, b.state_directory);
  EXPECT_NE(a.nbd_socket, b.nbd_socket);
  EXPECT_NE(a.nbd, b.nbd);
  EXPECT_NE(a.control, b.control);
  EXPECT_EQ(coordinator("coordinator-primary.toml").members[0].control, a.control);
  EXPECT_EQ(coordinator("coordinator-secondary.toml").members[0].control, b.control);
  EXPECT_NE(coordinator("coordinator-primary.toml").http,
            coordinator("coordinator-secondary.toml").http);
}

TEST_F(first_configuration, ASmallJournalHasSmallSegments) {
  for (const auto* size : {"16MiB", "64MiB", "1GiB", "100GiB"}) {
    setup_.journal_size = size;
    write();
    const auto m = gateway().members[0];
    EXPECT_GE(m.journal_size_bytes / m.segment_bytes, 8u) << size;
    EXPECT_LE(m.segment_bytes, 256u << 20) << size;
  }
}

TEST_F(first_configuration, WhatIsWrongIsSaidOfTheOption) {
  setup_.listen = "a.example";
  expect_says(refusal(), "--listen a.example: an IP address is wanted");
  setup_.listen = "::1";
  EXPECT_EQ(refusal(), "");
  setup_.listen = "[2001:db8::1]";
  EXPECT_EQ(refusal(), "");
  setup_.peer = "2001:db8::1";
  expect_says(refusal(), "--peer 2001:db8::1: that is this machine's own --listen");
  setup_.role = first_role::secondary;
  setup_.peer = "192.0.2.1";
  expect_says(refusal(), "--peer: a secondary connects to nobody");
  setup_.role = first_role::both;
  expect_says(refusal(), "--role both");
  setup_.peer = "";
  setup_.listen = "127.0.0.1";
  setup_.volumes[0].path = "/dev/sdb";
  expect_says(refusal(), "both sides can't have one device");
  setup_.group = "..";
  expect_says(refusal(), "--group ..: a name is 1 to 64 of the characters");
  setup_.group = "lab";
  setup_.volumes[0].path = "/nowhere/db.img";
  setup_.member = "coordinator-db";
  expect_says(refusal(), "--member coordinator-db: a member is not called");
}

TEST(first_volume, IsANameAPathAndASize) {
  const auto file = parse_first_volume("db=/srv/a:b.img:1GiB");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name + "|" + file->path + "|" + file->size, "db|/srv/a:b.img|1GiB");
  const auto device = parse_first_volume("db=/dev/sdb");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->path + "|" + device->size, "/dev/sdb|");
  for (const auto* bad : {"", "db", "db=", "=/srv/db", "db=srv/db:1GiB", "db=/srv/db:1G"})
    EXPECT_FALSE(parse_first_volume(bad)) << bad;
}

}  // namespace
}  // namespace cairn

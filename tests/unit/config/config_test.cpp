#include "config/config.h"

#include <algorithm>

#include "tests/unit/config/configuration_fixture.h"

namespace cairn {
namespace {

const std::string good_gateway = R"([gateway]
name = "m1-primary"
state = "/var/lib/cairn/m1"
[nbd]
socket = "/run/cairn/m1.sock"
listen = "127.0.0.1:10809"
[control]
listen = "localhost:7331"
[link]
listen = "[::1]:7330"
[[member]]
group = "lab"
name = "m1"
role = "primary"
peer = "127.0.0.1:7330"
journal = { directory = "/nowhere/m1/journal", size = "1GiB", segment = "16MiB" }
[[member.volume]]
name = "m1-v1"
path = "/nowhere/m1/m1-v1.img"
size = "1GiB"
)";

const std::string good_coordinator = R"([coordinator]
name = "site-a"
group = "lab"
role = "primary"
state = "/var/lib/cairn/coordinator"
socket = "/run/cairn/coordinator.sock"
[http]
listen = "127.0.0.1:7380"
[markers]
interval = "200ms"
[[member]]
name = "m1"
control = "127.0.0.1:7331"
[testing]
delay_mark = { member = "m1", by = "20ms" }
)";

class configuration : public configuration_directory {
 protected:
  // The good text with the first `old` replaced, read; its error text, or "" where it was accepted.
  std::string gateway_error(const std::string& old, const std::string& replacement) {
    const auto read =
        read_gateway_config(put("gateway.toml", edit(good_gateway, old, replacement)));
    return read ? "" : read.error().text;
  }
  std::string coordinator_error(const std::string& old, const std::string& replacement) {
    const auto read =
        read_coordinator_config(put("coordinator.toml", edit(good_coordinator, old, replacement)));
    return read ? "" : read.error().text;
  }
  static std::string edit(std::string text, const std::string& old, const std::string& with) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), with);
  }
};

TEST_F(configuration, AGoodGatewayFileIsReadWhole) {
  const auto config = read_gateway_config(put("gateway.toml", good_gateway));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->name, "m1-primary");
  EXPECT_EQ(config->nbd_socket, "/run/cairn/m1.sock");
  EXPECT_EQ(config->control, (endpoint{"127.0.0.1", 7331}));
  EXPECT_EQ(config->link->text(), "[::1]:7330");
  ASSERT_EQ(config->members.size(), 1u);
  const auto& member = config->members[0];
  EXPECT_EQ(member.role, member_role::primary);
  EXPECT_EQ(member.segment_bytes, 16u << 20);
  EXPECT_EQ(member.journal_size_bytes, 1u << 30);
  ASSERT_EQ(member.volumes.size(), 1u);
  EXPECT_EQ(member.volumes[0].size_bytes, 1u << 30);
  EXPECT_TRUE(config->testing.hold);
  EXPECT_TRUE(config->testing.destage);
}

TEST_F(configuration, WhatCanNeverStartIsRefused) {
  for (const auto* dots : {"\".\"", "\"..\""})
    expect_says(gateway_error("\"m1\"", dots), "and not only dots");
  expect_says(gateway_error("127.0.0.1:7330", "0.0.0.0:7330"), "nobody can be reached there");
  expect_says(gateway_error("/nowhere/m1/m1-v1.img", "/nowhere/m1/journal/catalog.db"),
              "a volume can't lie in the directory of its member's journal");
}

// What the check accepts, a start accepts.
TEST_F(configuration, AJournalHasRoomForFiveSegmentsAndItsCatalog) {
  const std::string good = "size = \"1GiB\", segment = \"16MiB\"";
  EXPECT_EQ(gateway_error(good, "size = \"81MiB\", segment = \"16MiB\""), "");
  expect_says(gateway_error(good, "size = \"80MiB\", segment = \"16MiB\""),
              "has no room for five segments of 16777216 bytes and the catalog");
  expect_says(gateway_error(good, "size = \"1GiB\", segment = \"2097664B\""),
              "is not a multiple of 4096");
}

TEST_F(configuration, AGoodCoordinatorFileIsReadWhole) {
  const auto config = read_coordinator_config(put("coordinator.toml", good_coordinator));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_TRUE(config->primary);
  EXPECT_EQ(config->marker_interval.count(), 200);
  EXPECT_EQ(config->hold_limit.count(), 50);
  ASSERT_TRUE(config->delay_mark);
  EXPECT_EQ(config->delay_mark->second.count(), 20);
}

TEST_F(configuration, AnUnknownKeyNamesThePlaceAndTheNearestKey) {
  const auto text = gateway_error("state =", "sate =");
  expect_says(text, "gateway.toml:3:1: [gateway] knows no `sate`; did you mean `state`?");
  expect_says(text, "gateway.toml:1:1: [gateway] lacks `state`");
  expect_says(gateway_error("[control]", "[controll]"), "did you mean `control`?");
}

TEST_F(configuration, EveryErrorIsToldInOneGo) {
  const auto text = gateway_error("size = \"1GiB\", segment = \"16MiB\" }",
                                  "size = 5, segment = \"3\", colour = 1 }");
  expect_says(text, "`size` of [journal] must be a string");
  expect_says(text, "`3` is no size");
  expect_says(text, "[journal] knows no `colour`");
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

TEST_F(configuration, BrokenTomlNamesLineAndColumn) {
  expect_says(gateway_error("[nbd]", "[nbd"), "gateway.toml:4:5: ");
}

TEST_F(configuration, AFileThatIsNotThereIsNamed) {
  const auto read = read_gateway_config(directory_ / "absent.toml");
  ASSERT_FALSE(read);
  expect_says(read.error().text, "absent.toml: the file cannot be read");
}

TEST_F(configuration, SizesNeedUnitsAndWholeSectors) {
  expect_says(gateway_error("\nsize = \"1GiB\"", "\nsize = \"1000\""), "`1000` is no size");
  expect_says(gateway_error("\nsize = \"1GiB\"", "\nsize = \"1GB\""), "`1GB` is no size");
  expect_says(gateway_error("\nsize = \"1GiB\"", "\nsize = \"1000B\""), "not a multiple of 512");
  expect_says(gateway_error("\nsize = \"1GiB\"", "\nsize = \"0KiB\""), "not a multiple of 512");
  expect_says(gateway_error("\nsize = \"1GiB\"", "\nsize = \"99999999TiB\""), "is no size");
  EXPECT_EQ(gateway_error("\nsize = \"1GiB\"", "\nsize = \"1536B\""), "");
}

TEST_F(configuration, TwoVolumesOnOneFileAreRefusedWhateverThePathLooksLike) {
  const auto image = put("a.img", "");
  std::filesystem::create_symlink(image, directory_ / "b.img");
  const auto second = "\n[[member.volume]]\nname = \"v2\"\nsize = \"1MiB\"\npath = \"" +
                      (directory_ / "b.img").string() + "\"\n";
  auto text = edit(good_gateway, "/nowhere/m1/m1-v1.img", image) + second;
  auto read = read_gateway_config(put("gateway.toml", text));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "gateway.toml:25:8: the file");
  expect_says(read.error().text, "is already used at");

  text = good_gateway + edit(second, (directory_ / "b.img").string(), "/nowhere/x/../m1/m1-v1.img");
  read = read_gateway_config(put("gateway.toml", text));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "is already used at");
}

TEST_F(configuration, TwoVolumesOfOneNameAreRefusedAcrossMembers) {
  const auto member = edit(
      edit(good_gateway.substr(good_gateway.find("[[member]]")), "name = \"m1\"", "name = \"m2\""),
      "/nowhere/m1/journal", "/nowhere/m2/journal");
  const auto read = read_gateway_config(
      put("gateway.toml", good_gateway + edit(member, "m1-v1.img", "other.img")));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "the name `m1-v1` is already used at");
  EXPECT_EQ(read.error().text.find('\n'), std::string::npos) << read.error().text;
}

TEST_F(configuration, AddressesBeyondLoopbackNeedInsecure) {
  expect_says(gateway_error("127.0.0.1:10809", "0.0.0.0:10809"), "0.0.0.0:10809 is not a loopback");
  expect_says(gateway_error("127.0.0.1:7330", "192.0.2.1:7330"),
              "192.0.2.1:7330 is not a loopback");
  const auto allowed = edit(good_gateway, "[nbd]", "insecure = true\n[nbd]");
  EXPECT_TRUE(
      read_gateway_config(put("gateway.toml", edit(allowed, "127.0.0.1:10809", "0.0.0.0:10809"))));
}

TEST_F(configuration, AddressesThatAreNoneAreRefused) {
  for (const auto* bad :
       {"127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:7330", "host:1", ""}) {
    expect_says(gateway_error("127.0.0.1:10809", bad), "is no address");
  }
}

TEST_F(configuration, OneAddressForTwoListenersIsRefused) {
  expect_says(gateway_error("127.0.0.1:10809", "127.0.0.1:7331"), "127.0.0.1:7331 is already used");
}

TEST_F(configuration, ASecondaryNeedsALinkAndHasNoPeer) {
  const auto secondary = edit(good_gateway, "\"primary\"", "\"secondary\"");
  auto read = read_gateway_config(put("gateway.toml", secondary));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "a secondary has no `peer`");
  const auto alone = edit(edit(secondary, "[link]\nlisten = \"[::1]:7330\"\n", ""),
                          "peer = \"127.0.0.1:7330\"\n", "");
  read = read_gateway_config(put("gateway.toml", alone));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "member `m1` is a secondary, so [link] must have a `listen`");
}

TEST_F(configuration, APrimaryWithoutAPeerIsAllowed) {
  EXPECT_EQ(gateway_error("peer = \"127.0.0.1:7330\"\n", ""), "");
}

TEST_F(configuration, ARoleThatIsNoneIsRefused) {
  expect_says(gateway_error("\"primary\"", "\"primry\""), "did you mean `primary`?");
}

TEST_F(configuration, AUnixSocketPathThatIsTooLongIsRefused) {
  expect_says(gateway_error("/run/cairn/m1.sock", "/" + std::string(107, 'x')),
              "at most 107 bytes");
}

TEST_F(configuration, TheHoldLimitIsAtMostAQuarterOfTheInterval) {
  expect_says(
      coordinator_error("interval = \"200ms\"", "interval = \"200ms\"\nhold_limit = \"51ms\""),
      "more than a quarter");
  EXPECT_EQ(
      coordinator_error("interval = \"200ms\"", "interval = \"200ms\"\nhold_limit = \"50ms\""), "");
  EXPECT_EQ(coordinator_error("interval = \"200ms\"", "interval = \"50ms\""), "");
  expect_says(coordinator_error("interval = \"200ms\"", "interval = \"49ms\""), "at least 50ms");
}

TEST_F(configuration, ADelayForAMemberThatIsNotThereIsRefused) {
  expect_says(coordinator_error("member = \"m1\"", "member = \"m9\""), "there is no member `m9`");
}

TEST_F(configuration, SnippetsOfConfDAreMerged) {
  put("conf.d/10-more.toml",
      "[gateway]\nlog = \"debug\"\n[[member]]\ngroup = \"lab\"\nname = \"m2\"\nrole = \"primary\"\n"
      "journal = { directory = \"/nowhere/m2\" }\n[[member.volume]]\nname = \"v2\"\n"
      "path = \"/nowhere/v2\"\nsize = \"1MiB\"\n");
  put("conf.d/coordinator-site.toml", "[coordinator]\nname = \"x\"\n");
  const auto read = read_gateway_config(put("gateway.toml", good_gateway));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->log_level, "debug");
  EXPECT_EQ(read->members.size(), 2u);
}

TEST_F(configuration, AKeyGivenTwiceInConfDIsRefusedWithBothPlaces) {
  put("conf.d/name.toml", "[gateway]\nname = \"other\"\n");
  const auto read = read_gateway_config(put("gateway.toml", good_gateway));
  ASSERT_FALSE(read);
  expect_says(read.error().text, "conf.d/name.toml:2:1: `name` was already given at");
  expect_says(read.error().text, "gateway.toml:2:1");
}

}  // namespace
}  // namespace cairn

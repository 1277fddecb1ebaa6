#include "cli/mount_help_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace cairn {
namespace {

using nlohmann::json;

json volume(const std::string& name) {
  return {
      {"name", name},
      {"failed", ""},
      {"chap", ""},
      {"exports",
       {"nbd+unix:///" + name + "?socket=/run/cairn/a%20b.sock", "nbd://192.0.2.7:10809/" + name,
        "iscsi://192.0.2.7:3260/iqn.2026-11.io.cairn:lab." + name + "/0"}}};
}

json member(const std::string& role, const json& volumes) {
  return {{"name", "m1"},
          {"fresh", true},
          {"read_age_ms", 9000},
          {"status", {{"gateway", "site-a"}, {"role", role}, {"volumes", volumes}}}};
}

mount_search search(const json& members, const std::string& name = "m1-v1") {
  return find_mount(json{{"members", members}}.dump(), name);
}

std::string text_for(const std::string& role, const json& of = volume("m1-v1")) {
  return mount_help_text(search(json::array({member(role, json::array({of}))})).found);
}

void expect_lines(const std::string& text, const std::vector<std::string>& lines) {
  for (const auto& line : lines)
    EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
}

TEST(MountHelp, OfAPrimaryHasACommandForEachClient) {
  expect_lines(
      text_for("primary"),
      {"# Volume m1-v1 of member m1, at gateway site-a (primary)",
       "iscsiadm -m discovery -t sendtargets -p 192.0.2.7:3260",
       "iscsiadm -m node -T iqn.2026-11.io.cairn:lab.m1-v1 -p 192.0.2.7:3260 --login",
       "ls -l /dev/disk/by-path/ip-192.0.2.7:3260-iscsi-iqn.2026-11.io.cairn:lab.m1-v1-lun-0",
       "qemu-system-x86_64 -drive "
       "file=iscsi://192.0.2.7:3260/iqn.2026-11.io.cairn:lab.m1-v1/0,format=raw,if=virtio,"
       "cache=none",
       "iscsi-ls -s iscsi://192.0.2.7:3260",
       "qemu-system-x86_64 -blockdev "
       "driver=nbd,node-name=cairn,server.type=inet,server.host=192.0.2.7,"
       "server.port=10809,export=m1-v1,reconnect-delay=60 -device virtio-blk-pci,drive=cairn",
       "nbd-client 192.0.2.7 10809 /dev/nbd0 -name m1-v1",
       "nbd-client -unix '/run/cairn/a b.sock' /dev/nbd0 -name m1-v1",
       "nbdfuse /run/cairn-m1-v1 nbd://192.0.2.7:10809/m1-v1 &"});
}

TEST(MountHelp, WarnsOfNothingAtAHealthyPrimary) {
  const auto text = text_for("primary");
  EXPECT_EQ(text.find("# !"), std::string::npos) << text;
  EXPECT_EQ(text.find("CHAP"), std::string::npos) << text;
}

TEST(MountHelp, OfASecondarySaysWhatItIsNowAndKeepsTheCommandsForAfterATakeover) {
  const auto text = text_for("secondary");
  EXPECT_NE(text.find("# ! This is the secondary side, and it was not promoted"),
            std::string::npos);
  EXPECT_NE(text.find("--login"), std::string::npos);
  EXPECT_FALSE(
      search(json::array({member("secondary", json::array({volume("m1-v1")}))})).found[0].writable);
}

TEST(MountHelp, OfAFencedMemberSendsPeopleToTheOtherSite) {
  EXPECT_NE(text_for("fenced").find("# ! This side takes no writes any more (fenced)"),
            std::string::npos);
}

TEST(MountHelp, ShowsChapAsCommentsThatNameNoSecret) {
  auto v = volume("m1-v1");
  v["chap"] = "one-way";
  const auto once = text_for("primary", v);
  expect_lines(
      once, {"# The target wants CHAP (one-way); before the login:",
             "#   iscsiadm -m node -T iqn.2026-11.io.cairn:lab.m1-v1 -p 192.0.2.7:3260 -o update "
             "-n node.session.auth.username -v USER"});
  EXPECT_EQ(once.find("username_in"), std::string::npos);
  EXPECT_NE(once.find("password-secret=cairn-chap"), std::string::npos);
  EXPECT_EQ(once.find("-drive file=iscsi"), std::string::npos);
  v["chap"] = "mutual";
  EXPECT_NE(text_for("primary", v).find("username_in -v MUTUAL_USER"), std::string::npos);
}

// The discovery is the first command: what it may want must be said before it.
TEST(MountHelp, WithChapSaysWhatAnAuthenticatedDiscoveryNeedsBeforeIt) {
  auto v = volume("m1-v1");
  v["chap"] = "one-way";
  const auto text = text_for("primary", v);
  const auto username = text.find("discovery.sendtargets.auth.username");
  EXPECT_LT(username, text.find("iscsiadm -m discovery")) << text;
  EXPECT_NE(text.find("discovery.sendtargets.auth.password"), std::string::npos) << text;
  EXPECT_EQ(text_for("primary").find("discovery.sendtargets"), std::string::npos);
}

TEST(MountHelp, OfAGatewayThatIsNotHeardSaysHowOldItIs) {
  auto m = member("primary", json::array({volume("m1-v1")}));
  m["fresh"] = false;
  EXPECT_NE(mount_help_text(search(json::array({m})).found)
                .find("# ! Its gateway does not answer; this is what it told 9.0 s ago."),
            std::string::npos);
}

TEST(MountHelp, ListensOnAnyAddressIsExplained) {
  auto v = volume("m1-v1");
  v["exports"] = {"nbd://[::]:10809/m1-v1"};
  EXPECT_NE(text_for("primary", v).find("put one there that the host reaches"), std::string::npos);
}

TEST(MountHelp, FindsNothingAndNamesTheVolumesAndMembersThatThereAre) {
  const json unheard{{"name", "m2"}, {"fresh", false}, {"status", nullptr}};
  const auto s = search(
      json::array({member("primary", json::array({volume("a"), volume("b")})), unheard}), "c");
  EXPECT_TRUE(s.found.empty());
  EXPECT_EQ(s.others, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(s.unheard, std::vector<std::string>{"m2"});
}

TEST(MountHelp, OfAnOlderGatewaySaysThatNothingIsTold) {
  const auto text = text_for("primary", {{"name", "m1-v1"}, {"failed", ""}});
  EXPECT_NE(text.find("# The gateway does not tell where hosts reach it."), std::string::npos);
}

TEST(MountHelp, AsJsonHasTheUrisAndTheLines) {
  const auto plans = search(json::array({member("primary", json::array({volume("m1-v1")}))})).found;
  const auto j = json::parse(mount_help_json(plans));
  EXPECT_EQ(j["schema"], "cairn.mount-help/1");
  const auto& v = j["volumes"][0];
  EXPECT_EQ(v["volume"], "m1-v1");
  EXPECT_EQ(v["writable"], true);
  EXPECT_EQ(v["exports"], volume("m1-v1")["exports"]);
  EXPECT_EQ(v["clients"][0]["client"], "open-iscsi");
  EXPECT_FALSE(v["clients"][0]["lines"].empty());
}

TEST(MountHelp, NothingFromAGatewayLeavesItsWordInAShell) {
  auto v = volume("m1-v1");
  v["exports"] = {"nbd://h$(reboot):1/x", "nbd+unix:///x?socket=/a';reboot;'",
                  "iscsi://h:1;reboot/x/0", "nbd+unix:///x?socket=/a%0Areboot",
                  "javascript:alert(1)"};
  const auto text = text_for("primary", v);
  EXPECT_NE(text.find("nbd-client 'h$(reboot)' 1 /dev/nbd0"), std::string::npos) << text;
  EXPECT_NE(text.find("-unix '/a'\\'';reboot;'\\''' /dev/nbd0"), std::string::npos) << text;
  EXPECT_EQ(text.find("iscsiadm"), std::string::npos) << text;
  EXPECT_EQ(text.find("\nreboot"), std::string::npos) << text;
  EXPECT_EQ(text.find("javascript"), std::string::npos) << text;
}

TEST(ExportUri, GivesTheHostOfIpv6WithoutBracketsToProgramsThatWantItSo) {
  const auto uri = read_export_uri("nbd://[2001:db8::7]:10809/v");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->address(), "[2001:db8::7]:10809");
  EXPECT_EQ(uri->bare_host(), "2001:db8::7");
}

}  // namespace
}  // namespace cairn

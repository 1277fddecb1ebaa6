#include <gtest/gtest.h>

#include "cli/doctor/coordinator_checks.h"
#include "cli/doctor/exports.h"
#include "cli/doctor/listeners.h"
#include "cli/doctor/member_checks.h"

namespace cairn::doctor {
namespace {

TEST(doctor_listeners, ReadsWhatListensAndNothingElse) {
  const auto found = parse_tcp(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:2A39 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "4711 1 0000 100 0 0 10 0\n"
      "   1: 0100007F:2A39 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 "
      "4712 1 0000 20 4 30 10 -1\n"
      "   2: 00000000000000000000000001000000:0CBC 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 4713 1 0000 100 0 0 10 0\n");
  EXPECT_EQ(found, (std::vector<listening>{{"127.0.0.1", 10809, 4711}, {"::1", 3260, 4713}}));
}

TEST(doctor_listeners, ReadsUnixSocketsThatListen) {
  const auto found = parse_unix(
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 1234 /run/cairn/gateway.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 1235 /run/cairn/gateway.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 1236\n");
  EXPECT_EQ(found.size(), 1u);
  EXPECT_EQ(found.find("/run/cairn/gateway.sock")->second, 1234u);
}

TEST(doctor_listeners, OneThatListensEverywhereIsInTheWay) {
  EXPECT_TRUE(in_the_way({"127.0.0.1", 3260, 1}, {"127.0.0.1", 3260}));
  EXPECT_TRUE(in_the_way({"0.0.0.0", 3260, 1}, {"127.0.0.1", 3260}));
  EXPECT_TRUE(in_the_way({"::", 3260, 1}, {"127.0.0.1", 3260}));
  EXPECT_TRUE(in_the_way({"10.0.0.1", 3260, 1}, {"0.0.0.0", 3260}));
  EXPECT_FALSE(in_the_way({"127.0.0.1", 3261, 1}, {"127.0.0.1", 3260}));
  EXPECT_FALSE(in_the_way({"10.0.0.1", 3260, 1}, {"127.0.0.1", 3260}));
  EXPECT_FALSE(in_the_way({"0.0.0.0", 3260, 1}, {"::1", 3260}));
}

address_seen nbd(std::optional<pid_t> serves, bool taken, std::vector<pid_t> holders) {
  address_seen a{"NBD of m1", "127.0.0.1:10809", "/g.toml", serves, taken, std::move(holders), ""};
  if (!a.holders.empty()) a.holder = "tgtd (pid 9)";
  return a;
}

TEST(doctor_listeners, AnAddressIsServedFreeOrTaken) {
  EXPECT_EQ(judge_address(nbd(7, true, {7})).is, level::ok);
  EXPECT_EQ(judge_address(nbd({}, false, {})).is, level::ok);
  auto silent = nbd(7, false, {});
  silent.progress.listens = true;
  EXPECT_EQ(judge_address(silent).is, level::problem);
  EXPECT_EQ(judge_address(nbd(7, true, {})).is, level::unseen);
  const auto taken = judge_address(nbd({}, true, {9}));
  EXPECT_EQ(taken.is, level::problem);
  EXPECT_NE(taken.sentence.find("taken by tgtd (pid 9)"), std::string::npos);
  EXPECT_EQ(judge_address(nbd(7, true, {9})).is, level::problem);
}

TEST(doctor_exports, AVolumeIsAsLargeAndAsWritableAsItShouldBe) {
  const volume_wanted db{"db", 4096, true};
  const auto judge = [&](const result<volume_seen>& seen) {
    return judge_export("exports.nbd", db, "over NBD", seen);
  };
  EXPECT_EQ(judge(volume_seen{4096, true, ""}).is, level::ok);
  EXPECT_EQ(judge(volume_seen{4096, false, ""}).check, "exports.nbd");
  EXPECT_EQ(judge(volume_seen{4096, false, ""}).is, level::problem);
  EXPECT_EQ(judge(volume_seen{8192, true, ""}).check, "exports.size");
  EXPECT_EQ(judge(volume_seen{8192, true, ""}).is, level::problem);
  EXPECT_EQ(judge(fail(EIO, "read: Input/output error")).is, level::problem);
  EXPECT_EQ(judge(fail(EACCES, "connect: Permission denied")).is, level::unseen);
  EXPECT_EQ(judge(fail(EOPNOTSUPP, "not tried")).is, level::unseen);
  const auto device = judge_export("exports.nbd", {"db", 0, true}, "", volume_seen{512, true, ""});
  EXPECT_EQ(device.is, level::ok);
}

TEST(doctor_exports, ASecondaryIsNotExportedOverIscsi) {
  const endpoint portal{"127.0.0.1", 3260};
  EXPECT_EQ(judge_hidden("db", "iqn.x:db", portal, {"iqn.x:log"}).is, level::ok);
  EXPECT_EQ(judge_hidden("db", "iqn.x:db", portal, {"iqn.x:db"}).is, level::problem);
}

member_config primary() {
  member_config m;
  m.name = "m1";
  m.peer = endpoint{"10.0.0.2", 7330};
  return m;
}

member_answer linked(link_state state) {
  member_answer a{member_role::primary, {}};
  a.status.link = state;
  a.status.link_because = "other volumes";
  return a;
}

TEST(doctor_peers, AConnectedLinkIsNotGreeted) {
  const auto answer = linked(link_state::connected);
  EXPECT_EQ(judge_peer(primary(), &answer, std::nullopt).is, level::ok);
}

TEST(doctor_peers, APeerThatDoesNotAnswerOrRefusesIsAProblem) {
  const auto answer = linked(link_state::refused);
  const auto down = judge_peer(primary(), &answer, fail(ECONNREFUSED, "Connection refused"));
  EXPECT_EQ(down.is, level::problem);
  EXPECT_NE(down.sentence.find("can't be reached"), std::string::npos);
  const auto refused = judge_peer(primary(), &answer, result<void>{});
  EXPECT_EQ(refused.is, level::problem);
  EXPECT_NE(refused.sentence.find("other volumes"), std::string::npos);
}

TEST(doctor_peers, BeforeTheFirstStartAnAnswerIsEnough) {
  EXPECT_EQ(judge_peer(primary(), nullptr, result<void>{}).is, level::ok);
}

TEST(doctor_members, WhatFailedIsToldWithItsSentence) {
  member_status s;
  s.member = "m1";
  s.role = member_role::primary;
  EXPECT_EQ(count_of(judge_member(s), level::ok), 1u);
  s.role = member_role::fenced;
  s.journal_failed = "fdatasync: Input/output error";
  s.volumes.push_back({});
  s.volumes.back().failed = "pwrite: No space left on device";
  EXPECT_EQ(count_of(judge_member(s), level::problem), 3u);
}

TEST(doctor_members, WhoDoesNotDestageIsToldWhatToDo) {
  member_status s;
  s.member = "m1";
  s.destage_trouble = "destaging waits: pwritev v.img: No space left on device";
  const auto waits = judge_member(s);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0].is, level::problem);
  EXPECT_EQ(waits[0].sentence, "m1: " + s.destage_trouble);
  EXPECT_NE(waits[0].advice.find("goes on by itself"), std::string::npos);
  s.destage_trouble = "destaging stopped: pwritev v.img: Input/output error";
  const auto stopped = judge_member(s);
  ASSERT_EQ(count_of(stopped, level::problem), 1u);
  EXPECT_NE(stopped[0].advice.find("start the gateway again"), std::string::npos);
}

TEST(doctor_members, AJournalThatIsNearlyFullIsAWarning) {
  member_status s;
  s.journal_bytes_max = 1000;
  s.journal_bytes = 900;
  EXPECT_EQ(judge_member(s).at(0).is, level::ok);
  s.journal_bytes = 901;
  EXPECT_EQ(judge_member(s).at(0).is, level::warning);
}

TEST(doctor_coordinators, TellsTheVerdictAndWhoIsNotHeard) {
  const auto found = judge_summary("site-a", R"json({"group": {"verdict": "All is well."},
    "members": [
      {"name": "m1", "control": "127.0.0.1:1", "connected": true, "fresh": true, "because": ""},
      {"name": "m2", "control": "127.0.0.1:2", "connected": false, "fresh": false,
       "because": "Connection refused"},
      {"name": "m3", "control": "127.0.0.1:3", "connected": true, "fresh": false,
       "because": ""}]})json");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_NE(found[0].sentence.find("All is well."), std::string::npos);
  EXPECT_EQ(found[1].is, level::ok);
  EXPECT_EQ(found[2].is, level::problem);
  EXPECT_EQ(found[3].is, level::problem);
  EXPECT_EQ(judge_summary("site-a", "<html>").at(0).is, level::problem);
}

}  // namespace
}  // namespace cairn::doctor

// What a message does in the role that it is not for, and at a member whose disk hangs: nothing,
// and nothing to anybody else.
#include "tests/support/stall.h"
#include "tests/support/watched_disk.h"
#include "tests/unit/gateway/control_fixture.h"

namespace cairn {
namespace {

using control_roles_test = control_server_test;

struct request {
  const char* about;
  control_message message;
};
const std::vector<request> for_primaries{
    {"MARK", mark{{marker_number(9), epoch(9)}, {"m"}, 5'000}},
    {"RELEASE", release{{marker_number(9), epoch(9)}, incarnation(1)}},
    {"ABANDON", abandon{{marker_number(9), epoch(9)}}},
};
const std::vector<request> for_secondaries{
    {"REPORT", report{epoch(9)}},
    {"APPLY", apply{epoch(9), {marker_number(9), epoch(9)}}},
    {"PROMOTE", promote{epoch(9), {marker_number(9), epoch(9)}, {}}},
};

// An APPLY that a primary obeyed made its hosts read old bytes.
TEST_F(control_roles_test, WhatIsForTheOtherRoleIsRefusedByNameAndChangesNothing) {
  const auto refuses = [&](const std::vector<request>& all, const std::string& why) {
    const auto before = member_->log().state();
    const auto records = member_->log().assigned();
    control_client c(port());
    c.greet();
    ASSERT_TRUE(c.hear_a<member_hello>());
    for (const auto& each : all) {
      c.say(each.message);
      const auto no = c.hear_a<control_refusal>();
      ASSERT_TRUE(no) << each.about;
      EXPECT_EQ(no->about, each.about);
      EXPECT_EQ(no->reason, "member m: " + why) << each.about;
    }
    EXPECT_EQ(member_->log().state(), before);
    EXPECT_EQ(member_->log().assigned(), records);
    EXPECT_FALSE(member_->hold_deadline());
  };
  refuses(for_secondaries, "it is primary, not secondary");
  member_->source()->fence("the other side took over");
  refuses(for_primaries, "it is fenced, not primary");
  refuses(for_secondaries, "it is fenced, not secondary");
  close();
  open(member_role::secondary);
  refuses(for_primaries, "it is secondary, not primary");
}

// The coordinator that asked for a takeover may not have heard that it is finished.
TEST_F(control_roles_test, APromotedMemberAnswersForItsTakeoverAndForNoOther) {
  close();
  open(member_role::secondary);
  const promote takeover{epoch(2), {}, system_random().make_uuid()};
  for (const bool restarted : {false, true}) {
    if (restarted) close(), open(member_role::secondary);
    control_client c(port());
    c.greet();
    ASSERT_TRUE(c.hear_a<member_hello>());
    c.say(takeover);
    EXPECT_TRUE(c.hear_a<promoted>());
    c.say(takeover);
    EXPECT_TRUE(c.hear_a<promoted>());
    c.say(apply{epoch(2), takeover.marker});
    EXPECT_TRUE(c.hear_a<applied>());
    c.say(report{epoch(2)});
    const auto told = c.hear_a<reported>();
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->promoted);
    c.say(promote{epoch(2), {}, system_random().make_uuid()});
    EXPECT_TRUE(c.hear_a<control_refusal>());
    c.say(apply{epoch(2), {marker_number(1), epoch(1)}});
    EXPECT_TRUE(c.hear_a<control_refusal>());
    c.say(marker(1 + restarted));
    EXPECT_TRUE(c.hear_a<inserted>());
    c.say(abandon{marker(1 + restarted).marker});
    EXPECT_TRUE(c.hear_a<outcome>());
  }
}

// One thread obeyed MARK for all members: a disk that hung kept every group without markers.
TEST_F(control_roles_test, AMemberWhoseDiskHangsStopsItsOwnMarkersAndNobodyElses) {
  close();
  stall hangs;
  watched_disk disk(posix_disk());
  disk.watch({[&](byte_view, byte_view) { hangs.pass(); }, [] {}, [] {}});
  std::vector<std::unique_ptr<member>> members;
  for (const bool stalls : {true, false}) {
    auto c = config(where_, member_role::primary, stalls ? "hanging" : "well");
    c.group = stalls ? "g" : "h";
    cairn::disk& on = stalls ? static_cast<cairn::disk&>(disk) : posix_disk();
    auto opened = member::open(on, c, "gateway", {}, system_random());
    ASSERT_TRUE(opened) << opened.error().text;
    members.push_back(std::move(*opened));
    members.back()->start();
  }
  auto server = control_server::open({"127.0.0.1", 0}, {members[0].get(), members[1].get()});
  ASSERT_TRUE(server) << server.error().text;
  (*server)->start();
  control_client hanging((*server)->port()), well((*server)->port());
  hanging.greet("g", "hanging");
  well.greet("h", "well");
  ASSERT_TRUE(hanging.hear_a<member_hello>());
  ASSERT_TRUE(well.hear_a<member_hello>());
  hangs.close();
  hanging.say(marker(1));
  hangs.wait_for_somebody();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    well.say(marker(n));
    const auto answer = well.hear_a<inserted>();
    ASSERT_TRUE(answer);
    well.say(release{answer->marker, answer->by});
    const auto end = well.hear_a<outcome>();
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->sealed);
  }
  hanging.say(status_request{});
  EXPECT_TRUE(hanging.hear_a<member_status>()) << "what hangs is told";
  hangs.open();
  (*server)->stop();
  for (auto& each : members) each->stop();
}

}  // namespace
}  // namespace cairn

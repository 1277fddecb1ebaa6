// What may come to the control port, from coordinators and from anybody else.
#include "tests/unit/gateway/control_fixture.h"

#include "base/log.h"
#include "base/version.h"

namespace cairn {
namespace {

TEST_F(control_server_test, HelloIsAnsweredWithTheMembersState) {
  control_client c(port());
  c.greet();
  const auto hello = c.hear_a<member_hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->role, member_role::primary);
  EXPECT_EQ(hello->current, incarnation(1));
}

TEST_F(control_server_test, UnknownMemberIsRefusedByName) {
  control_client c(port());
  c.greet("g", "other");
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "this gateway has no member other of group g");
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, ARoundIsInsertedReleasedAndSealed) {
  control_client c(port());
  c.greet();
  const auto hello = c.hear_a<member_hello>();
  ASSERT_TRUE(hello);
  c.say(marker(1));
  const auto answer = c.hear_a<inserted>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->by, hello->current);
  c.say(release{answer->marker, answer->by});
  const auto end = c.hear_a<outcome>();
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->sealed);
}

TEST_F(control_server_test, ReleaseForAnotherIncarnationSealsNothing) {
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(marker(1));
  const auto answer = c.hear_a<inserted>();
  ASSERT_TRUE(answer);
  c.say(release{answer->marker, answer->by.next()});
  c.say(abandon{answer->marker});
  const auto end = c.hear_a<outcome>();
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->sealed);
}

TEST_F(control_server_test, TheHigherEpochOfSeveralCoordinatorsIsObeyed) {
  control_client old(port()), successor(port());
  old.greet();
  successor.greet();
  ASSERT_TRUE(old.hear_a<member_hello>());
  ASSERT_TRUE(successor.hear_a<member_hello>());
  successor.say(marker(1, 2));
  const auto answer = successor.hear_a<inserted>();
  ASSERT_TRUE(answer);
  successor.say(release{answer->marker, answer->by});
  ASSERT_TRUE(successor.hear_a<outcome>());
  old.say(marker(2, 1));
  const auto refusal = old.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->highest_epoch, epoch(2));
}

TEST_F(control_server_test, AConnectionThatIsLostDuringAHoldLeavesTheMemberWell) {
  {
    control_client c(port());
    c.greet();
    ASSERT_TRUE(c.hear_a<member_hello>());
    auto brief = marker(1);
    brief.hold_limit_ms = 50;
    c.say(brief);
    ASSERT_TRUE(c.hear_a<inserted>());
  }
  ASSERT_TRUE(member_->write_and_wait(0, bytes(512), 0, false));  // at the hold limit at latest
  control_client again(port());
  again.greet();
  EXPECT_TRUE(again.hear_a<member_hello>());
}

TEST_F(control_server_test, GarbageEndsItsOwnConnectionOnly) {
  control_client good(port());
  good.greet();
  ASSERT_TRUE(good.hear_a<member_hello>());
  control_client scanner(port());
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  scanner.say(std::as_bytes(std::span(request)));
  EXPECT_FALSE(scanner.hear());
  good.say(status_request{});
  EXPECT_TRUE(good.hear_a<member_status>());
}

TEST_F(control_server_test, AStatusCarriesWhatTheGatewayAddsToIt) {
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(status_request{});
  const auto status = c.hear_a<member_status>();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->version, version_number());
  EXPECT_EQ(status->commit, version_commit());
  ASSERT_EQ(status->volumes.size(), 1u);
  EXPECT_EQ(status->volumes[0].exports, std::vector<std::string>{"nbd://127.0.0.1:10809/v"});
}

TEST_F(control_server_test, TheFirstMessageMustBeAHello) {
  control_client c(port());
  c.say(status_request{});
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->about, "HELLO");
}

TEST_F(control_server_test, ACoordinatorOfAnotherProtocolIsRefusedByNameAndVersion) {
  control_client c(port());
  coordinator_hello hello;
  hello.version = control_version + 1;
  hello.group = "g";
  hello.member = "m";
  hello.coordinator = "site-a";
  c.say(hello);
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason,
            "this gateway speaks version 2 of the control protocol, coordinator site-a version 3");
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, AMessageThatOnlyGatewaysSendEndsTheConnection) {
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(applied{});
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, ASecondaryReportsItsSetAndRefusesOldEpochs) {
  close();
  open(member_role::secondary);
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(report{epoch(4)});
  const auto answer = c.hear_a<reported>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->selection_epoch, epoch(4));
  EXPECT_TRUE(answer->markers.empty());
  c.say(report{epoch(3)});
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->highest_epoch, epoch(4));
}

TEST_F(control_server_test, APrimaryRefusesReportWithoutASelectionEpochOfItsOwn) {
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(marker(1, 9));
  ASSERT_TRUE(c.hear_a<inserted>());
  c.say(report{epoch(1)});
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->highest_epoch, epoch(0));
}

TEST_F(control_server_test, StopEndsConnectionsThatAreOpen) {
  control_client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  server_->stop();
  EXPECT_FALSE(c.hear());
}

// Each refused attempt was a line, every two seconds for as long as the configurations differed.
TEST_F(control_server_test, WhoIsRefusedAgainAndAgainIsOneLine) {
  set_log_level(log_level::warning);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    control_client c(port());
    c.greet("g", "nobody");
    EXPECT_TRUE(c.hear_a<control_refusal>());
  }
  const auto log = testing::internal::GetCapturedStderr();
  set_log_level(log_level::notice);
  const auto first = log.find("no member nobody of group g");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("no member nobody of group g", first + 1), std::string::npos) << log;
}

}  // namespace
}  // namespace cairn

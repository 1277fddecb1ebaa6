// What may come to the control port, from coordinators and from anybody else.
#include "gateway/control_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "replication/wire.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
namespace {

// A blocking client: a coordinator, or somebody who only says what he likes.
class client {
 public:
  explicit client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~client() { ::close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void say(byte_view raw) {
    EXPECT_EQ(::send(fd_, raw.data(), raw.size(), MSG_NOSIGNAL), static_cast<ssize_t>(raw.size()));
  }
  void say(const control_message& m) { say(encode(m)); }
  void greet(const std::string& group = "g", const std::string& member = "m") {
    coordinator_hello hello;
    hello.group = group;
    hello.member = member;
    hello.coordinator = "test";
    say(hello);
  }
  // nullopt: the connection has ended, or nothing came for ten seconds.
  std::optional<control_message> hear() {
    bytes prefix(frame_prefix_bytes);
    if (!read(prefix)) return std::nullopt;
    const auto sizes = decode_prefix(prefix);
    bytes head(sizes ? sizes->head : 0);
    if (!sizes || !read(head)) return std::nullopt;
    auto message = decode_control(prefix, head);
    EXPECT_TRUE(message) << message.error().text;
    return message ? std::optional(std::move(*message)) : std::nullopt;
  }
  template <class T>
  std::optional<T> hear_a() {
    const auto m = hear();
    const T* found = m ? std::get_if<T>(&*m) : nullptr;
    return found ? std::optional(*found) : std::nullopt;
  }

 private:
  bool read(byte_span out) {
    return out.empty() ||
           ::recv(fd_, out.data(), out.size(), MSG_WAITALL) == static_cast<ssize_t>(out.size());
  }
  int fd_;
};

class control_server_test : public testing::Test {
 protected:
  void SetUp() override { open(member_role::primary); }
  void TearDown() override { close(); }

  void open(member_role role) {
    member_config c;
    c.group = "g";
    c.name = "m";
    c.role = role;
    c.journal = where_ / std::string("journal-") + name_of(role);
    c.journal_size_bytes = 64U << 20;
    c.segment_bytes = 4U << 20;
    c.volumes = {{"v", where_ / std::string("v-") + name_of(role), 1U << 20}};
    auto opened = member::open(posix_disk(), c, "gateway", {}, system_random());
    ASSERT_TRUE(opened) << opened.error().text;
    member_ = std::move(*opened);
    member_->start();
    auto server = control_server::open({"127.0.0.1", 0}, {member_.get()}, [](member_status& s) {
      s.volumes.at(0).exports = {"nbd://127.0.0.1:10809/v"};
    });
    ASSERT_TRUE(server) << server.error().text;
    server_ = std::move(*server);
    server_->start();
  }
  void close() {
    if (server_) server_->stop();
    if (member_) member_->stop();
    server_.reset();
    member_.reset();
  }
  std::uint16_t port() const { return server_->port(); }
  static mark marker(std::uint64_t n, std::uint64_t made_in = 1) {
    return {{marker_number(n), epoch(made_in)}, {"m"}, 5'000};
  }

  temporary_directory where_;
  std::unique_ptr<member> member_;
  std::unique_ptr<control_server> server_;
};

TEST_F(control_server_test, HelloIsAnsweredWithTheMembersState) {
  client c(port());
  c.greet();
  const auto hello = c.hear_a<member_hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->role, member_role::primary);
  EXPECT_EQ(hello->current, incarnation(1));
}

TEST_F(control_server_test, UnknownMemberIsRefusedByName) {
  client c(port());
  c.greet("g", "other");
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "this gateway has no member other of group g");
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, ARoundIsInsertedReleasedAndSealed) {
  client c(port());
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
  client c(port());
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
  client old(port()), successor(port());
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
    client c(port());
    c.greet();
    ASSERT_TRUE(c.hear_a<member_hello>());
    auto brief = marker(1);
    brief.hold_limit_ms = 50;
    c.say(brief);
    ASSERT_TRUE(c.hear_a<inserted>());
  }
  ASSERT_TRUE(member_->write_and_wait(0, bytes(512), 0, false));  // at the hold limit at latest
  client again(port());
  again.greet();
  EXPECT_TRUE(again.hear_a<member_hello>());
}

TEST_F(control_server_test, GarbageEndsItsOwnConnectionOnly) {
  client good(port());
  good.greet();
  ASSERT_TRUE(good.hear_a<member_hello>());
  client scanner(port());
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  scanner.say(std::as_bytes(std::span(request)));
  EXPECT_FALSE(scanner.hear());
  good.say(status_request{});
  EXPECT_TRUE(good.hear_a<member_status>());
}

TEST_F(control_server_test, AStatusCarriesWhatTheGatewayAddsToIt) {
  client c(port());
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
  client c(port());
  c.say(status_request{});
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->about, "HELLO");
}

TEST_F(control_server_test, ACoordinatorOfAnotherProtocolIsRefusedByNameAndVersion) {
  client c(port());
  coordinator_hello hello;
  hello.version = control_version + 1;
  hello.group = "g";
  hello.member = "m";
  hello.coordinator = "site-a";
  c.say(hello);
  const auto refusal = c.hear_a<control_refusal>();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason,
            "this gateway speaks version 1 of the control protocol, coordinator site-a version 2");
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, AMessageThatOnlyGatewaysSendEndsTheConnection) {
  client c(port());
  c.greet();
  ASSERT_TRUE(c.hear_a<member_hello>());
  c.say(applied{});
  EXPECT_FALSE(c.hear());
}

TEST_F(control_server_test, ASecondaryReportsItsSetAndRefusesOldEpochs) {
  close();
  open(member_role::secondary);
  client c(port());
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
  client c(port());
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
  client c(port());
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
    client c(port());
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

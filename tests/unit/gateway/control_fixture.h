// A gateway's control port with one member behind it, and a client that says what it likes.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/control_server.h"
#include "replication/wire.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
// A blocking client: a coordinator, or somebody who only says what he likes.
class control_client {
 public:
  explicit control_client(std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~control_client() { ::close(fd_); }
  control_client(const control_client&) = delete;
  control_client& operator=(const control_client&) = delete;

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

  static member_config config(const temporary_directory& where, member_role role,
                              const std::string& name = "m") {
    member_config c;
    c.group = "g";
    c.name = name;
    c.role = role;
    c.journal = where / ("journal-" + name + name_of(role));
    c.journal_size_bytes = 64U << 20;
    c.segment_bytes = 4U << 20;
    c.volumes = {{"v", where / ("v-" + name + name_of(role)), 1U << 20}};
    return c;
  }
  void open(member_role role) {
    auto opened = member::open(posix_disk(), config(where_, role), "gateway", {}, system_random());
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

}  // namespace cairn

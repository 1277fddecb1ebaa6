#include "webui/server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/heartbeat.h"
#include "tests/support/own_address.h"
#include "tests/ui/canned_coordinator.h"
#include "webui/listener.h"

namespace cairn {
namespace {

std::string make_directory() {
  char name[] = "/tmp/cairn-webui-XXXXXX";
  return mkdtemp(name);
}

class http_server_test : public testing::Test {
 protected:
  http_server_test() { coordinator.now.group = "lab"; }
  ~http_server_test() override {
    server.stop();
    std::filesystem::remove_all(directory);
  }

  asio::ip::tcp::socket connect_tcp() {
    asio::ip::tcp::socket s(io);
    s.connect({asio::ip::make_address(tcp.host), tcp.port});
    return s;
  }
  asio::local::stream_protocol::socket connect_unix() {
    asio::local::stream_protocol::socket s(io);
    s.connect(asio::local::stream_protocol::endpoint(socket_path));
    return s;
  }
  // Everything that the server says until it closes.
  template <class Socket>
  static std::string exchange(Socket s, const std::string& bytes) {
    asio::error_code e;
    asio::write(s, asio::buffer(bytes), e);
    std::string all;
    asio::read(s, asio::dynamic_buffer(all), e);
    return all;
  }

  const std::string directory = make_directory();
  const std::string socket_path = directory + "/c.sock";
  const endpoint tcp{own_address(), 7380};
  canned_coordinator coordinator;
  asio::io_context io;
  http_server server{coordinator, tcp, socket_path};
};

const std::string close_line = "Connection: close\r\n";
const std::string host_line = "Host: localhost\r\n";

TEST_F(http_server_test, AnswersOnBothDoorsAndCommandsOnOne) {
  ASSERT_TRUE(server.start());
  const std::string get = "GET /api/v1/group HTTP/1.1\r\n" + host_line + close_line + "\r\n";
  const std::string post =
      "POST /api/v1/markers HTTP/1.1\r\n" + host_line + close_line + "Content-Length: 0\r\n\r\n";
  EXPECT_TRUE(exchange(connect_tcp(), get).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(exchange(connect_unix(), get).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(exchange(connect_tcp(), post).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(exchange(connect_unix(), post).starts_with("HTTP/1.1 202"));
  EXPECT_EQ(coordinator.asked.size(), 1u);
}

// The service would be ended as hanging if its threads did not say that they get on.
TEST_F(http_server_test, ItsThreadBeatsWhileNobodyAsks) {
  const auto beats = [] {
    const auto all = read_threads();
    const auto it = std::ranges::find(all, "web page", &thread_reading::name);
    return it == all.end() ? std::uint64_t{0} : it->beats;
  };
  ASSERT_TRUE(server.start());
  while (beats() == 0) std::this_thread::yield();
  for (const auto before = beats(); beats() == before;) std::this_thread::yield();
  server.stop();
  EXPECT_EQ(beats(), 0u) << "a thread that has ended is still watched";
}

TEST_F(http_server_test, TheCommandSocketIsForItsOwnerOnly) {
  ASSERT_TRUE(server.start());
  struct stat s {};
  ASSERT_EQ(stat(socket_path.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0600u);
  server.stop();
  EXPECT_NE(stat(socket_path.c_str(), &s), 0) << "it is removed at the end";
}

TEST_F(http_server_test, RequestsInOneGoAreAnsweredInOrder) {
  ASSERT_TRUE(server.start());
  const std::string first = "GET /healthz HTTP/1.1\r\n" + host_line + "\r\n";
  const std::string last = "GET /nothing HTTP/1.1\r\n" + host_line + close_line + "\r\n";
  const auto said = exchange(connect_tcp(), first + first + last);
  const auto nothing = said.find("HTTP/1.1 404");
  ASSERT_NE(nothing, std::string::npos);
  EXPECT_LT(said.rfind("HTTP/1.1 200"), nothing);
  EXPECT_NE(said.find("HTTP/1.1 200"), said.rfind("HTTP/1.1 200"));
}

TEST_F(http_server_test, WhatIsTooLargeOrNotHttpEndsThatConnectionOnly) {
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(exchange(connect_tcp(), std::string(20000, 'x')).starts_with("HTTP/1.1 4"));
  const auto large = "POST / HTTP/1.1\r\n" + host_line + "Content-Length: 1000000\r\n\r\n";
  EXPECT_TRUE(exchange(connect_unix(), large).starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(
      exchange(connect_tcp(), std::string("\x16\x03\x01\x00\xff", 5)).starts_with("HTTP/1.1 400"));
  const std::string get = "GET /healthz HTTP/1.1\r\n" + host_line + close_line + "\r\n";
  EXPECT_TRUE(exchange(connect_tcp(), get).starts_with("HTTP/1.1 200"));
}

TEST_F(http_server_test, ClientsThatAreSilentOrHalfwayDoNotDelayStop) {
  ASSERT_TRUE(server.start());
  auto silent = connect_tcp();
  auto halfway = connect_unix();
  asio::write(halfway, asio::buffer(std::string("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")));
  auto kept = connect_tcp();
  asio::write(kept, asio::buffer("GET /healthz HTTP/1.1\r\n" + host_line + "\r\n"));
  char first = 0;
  asio::read(kept, asio::buffer(&first, 1));
  server.stop();
  asio::error_code e;
  asio::read(silent, asio::buffer(&first, 1), e);
  EXPECT_TRUE(e);
  server.stop();  // twice is harmless
}

TEST_F(http_server_test, AboveItsCapOfConnectionsANewOneIsClosedAtOnce) {
  ASSERT_TRUE(server.start());
  const std::string get = "GET /healthz HTTP/1.1\r\n" + host_line + "\r\n";
  std::vector<asio::ip::tcp::socket> held;
  char first = 0;
  for (std::size_t i = 0; i < sessions_max; ++i) {
    held.push_back(connect_tcp());
    asio::write(held.back(), asio::buffer(get));
    asio::read(held.back(), asio::buffer(&first, 1));
  }
  EXPECT_EQ(exchange(connect_tcp(), get), "");
  const std::string over_unix = "GET /healthz HTTP/1.1\r\n" + close_line + "\r\n";
  EXPECT_TRUE(exchange(connect_unix(), over_unix).starts_with("HTTP/1.1 200"))
      << "the page's clients can't lock the commands out";
}

TEST_F(http_server_test, ASocketThatNobodyListensOnIsReplacedAndOneInUseIsNot) {
  {
    asio::local::stream_protocol::acceptor left(
        io, asio::local::stream_protocol::endpoint(socket_path));
  }
  ASSERT_TRUE(std::filesystem::exists(socket_path));
  ASSERT_TRUE(server.start());
  http_server second(coordinator, {"127.0.0.1", 0}, socket_path);
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EADDRINUSE);
  second.stop();
  EXPECT_TRUE(std::filesystem::exists(socket_path)) << "the first one's socket stays";
}

TEST_F(http_server_test, APortInUseIsAnErrorThatNamesIt) {
  ASSERT_TRUE(server.start());
  http_server second(coordinator, tcp, "");
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find(tcp.text()), std::string::npos);
}

TEST_F(http_server_test, AFileThatIsNoSocketIsLeftAlone) {
  std::filesystem::create_directory(socket_path);
  EXPECT_FALSE(server.start());
  EXPECT_TRUE(std::filesystem::exists(socket_path));
}

}  // namespace
}  // namespace cairn

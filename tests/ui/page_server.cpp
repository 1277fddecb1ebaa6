// page_server SCENE [SOCKET]: serves the page with a canned scene on a free port of 127.0.0.1 and,
// with commands, on a Unix socket; prints "http://127.0.0.1:PORT/" and runs until its standard
// input ends.
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include <asio/ip/tcp.hpp>

#include "tests/ui/scenes.h"
#include "webui/server.h"

namespace {

std::uint16_t free_port() {
  asio::io_context io;
  asio::ip::tcp::acceptor probe(io, {asio::ip::address_v4::loopback(), 0});
  return probe.local_endpoint().port();
}

}  // namespace

int main(int count, char** words) {
  const std::string scene = count > 1 ? words[1] : "fine";
  cairn::canned_coordinator coordinator;
  cairn::set_scene(coordinator, scene, 0);
  const std::uint16_t port = free_port();
  cairn::http_server server(coordinator, {"127.0.0.1", port}, count > 2 ? words[2] : "");
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().text.c_str());
    return 1;
  }
  std::printf("http://127.0.0.1:%u/\n", port);
  std::fflush(stdout);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  for (std::uint64_t tick = 1; poll(&input, 1, 1000) == 0; ++tick) {
    cairn::set_scene(coordinator, scene, tick);
    cairn::finish_operations(coordinator);
  }
  server.stop();
}

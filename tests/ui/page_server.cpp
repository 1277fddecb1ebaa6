// page_server SCENE [SOCKET]: serves the page with a canned scene on a loopback address of its own
// and, with commands, on a Unix socket; prints "http://ADDRESS:PORT/" and runs until its standard
// input ends.
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/own_address.h"
#include "tests/ui/scenes.h"
#include "webui/server.h"

int main(int count, char** words) {
  const std::string scene = count > 1 ? words[1] : "fine";
  cairn::canned_coordinator coordinator;
  cairn::set_scene(coordinator, scene, 0);
  const cairn::endpoint tcp{cairn::own_address(), 7380};
  cairn::http_server server(coordinator, tcp, count > 2 ? words[2] : "");
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().text.c_str());
    return 1;
  }
  std::printf("http://%s/\n", tcp.text().c_str());
  std::fflush(stdout);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  for (std::uint64_t tick = 1; poll(&input, 1, 1000) == 0; ++tick) {
    cairn::set_scene(coordinator, scene, tick);
    cairn::finish_operations(coordinator);
  }
  server.stop();
}

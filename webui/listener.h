// Listening sockets of the HTTP server, with a cap on the connections of each.
//
// Runs on the server's thread. Owns its sessions only weakly: they keep themselves alive, and
// close() ends them all.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>

#include "base/result.h"
#include "config/config.h"
#include "webui/session.h"

namespace cairn {

// More clients than a wall of dashboards has; one more is closed at once.
inline constexpr std::size_t sessions_max = 64;

class http_listener {
 public:
  http_listener(asio::io_context& io, http_access access, http_answer answer);
  ~http_listener();

  result<void> bind_tcp(const endpoint& at);
  // Makes the socket with mode 0600. One that nobody listens on any more is replaced.
  result<void> bind_unix(const std::string& path);
  void accept();
  void close();

 private:
  using protocol = asio::generic::stream_protocol;
  result<void> listen(const protocol::endpoint& at, const std::string& name);
  void on_accept(protocol::socket socket);

  asio::io_context& io_;
  http_access access_;
  http_answer answer_;
  asio::basic_socket_acceptor<protocol> acceptor_;
  asio::steady_timer pause_;
  std::string path_;  // of the Unix socket, removed at close
  std::unordered_set<http_session*> sessions_;
};

}  // namespace cairn

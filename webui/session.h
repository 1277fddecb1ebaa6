// One client's connection: reads a request, has it answered, writes the answer, and again.
//
// Kept alive by its own pending operations; all of them run on the server's one thread, so there
// is no lock. Safe against slow and silent clients: each phase has a deadline, and the parser
// bounds what is read.
#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include "net/http.h"

namespace cairn {

// Which door a request came through: the Unix socket may change things, TCP may only look.
enum class http_access { read_only, full };

// Called on the server's thread; must not block.
using http_answer = std::function<http_response(const http_request&, http_access)>;

inline constexpr http_limits session_limits{8U << 10, 16U << 10};
inline constexpr std::size_t drain_bytes_max = 64U << 10;
inline constexpr std::chrono::seconds session_idle_limit{75};      // between two requests
inline constexpr std::chrono::seconds session_transfer_limit{10};  // one request, one answer

class http_session : public std::enable_shared_from_this<http_session> {
 public:
  using socket_type = asio::generic::stream_protocol::socket;

  // `ended` is called once, from the server's thread, when the connection is over.
  http_session(socket_type socket, http_access access, http_answer answer,
               std::function<void()> ended);
  ~http_session();
  void start();
  void close();

 private:
  void read();
  void on_read(std::size_t count);
  void parse();
  void answer(const http_request& request);
  void write(http_response response, bool keep_alive, bool head);
  void refuse(const error& why);
  void drain();
  void limit(std::chrono::seconds until);

  socket_type socket_;
  http_access access_;
  http_answer answer_;
  std::function<void()> ended_;
  asio::steady_timer deadline_;
  http_request_parser parser_{session_limits};
  std::array<char, 4096> piece_{};
  std::string unread_;   // bytes behind the last request; at most one piece
  std::string writing_;  // the answer that is on its way
  std::size_t drained_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace cairn

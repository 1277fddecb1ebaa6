// A TCP connection that carries frames (docs/wire.md), as coroutines on standalone Asio.
//
// All functions are called from the one thread that runs the connection's io_context; at most one
// read and one write are under way at a time. A connection that breaks a deadline or a rule of the
// format is closed by it; every later call gives the error that ended it.
//
// Deadlines are on progress: a slow link may take long over a frame as long as bytes keep coming,
// a half-open one is found after the limit. end_unless_lifted() bounds a whole handshake instead.
//
// This header costs seconds to compile: include it from .cpp files and from headers that only such
// files include. A file that includes Asio has a header of the standard library before it: without
// one, Asio 1.22 takes aligned memory from another allocator than the files it is linked with.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include "base/raw_bytes.h"
#include "base/result.h"
#include "replication/wire.h"

namespace cairn {

using std::chrono::milliseconds;

class framed_connection {
 public:
  // `socket` is connected. Sets TCP_NODELAY.
  explicit framed_connection(asio::ip::tcp::socket socket);
  ~framed_connection();
  framed_connection(const framed_connection&) = delete;
  framed_connection& operator=(const framed_connection&) = delete;

  const std::string& peer() const;  // "127.0.0.1:40112", for messages
  bool is_open() const;
  asio::any_io_executor executor() const;
  // Whether bytes have arrived that no read has taken.
  bool has_input() const;

  // The next message. `limit`: the longest time without a single byte arriving. ETIMEDOUT,
  // ECONNRESET (also for an orderly end), EPROTO (the peer broke a rule; the sentence says which),
  // ECANCELED (close() was called).
  asio::awaitable<result<link_message>> read_link(milliseconds limit);
  asio::awaitable<result<control_message>> read_control(milliseconds limit);

  // `frame` as made by encode(), or the head of a stretch and `body`, its records. `limit`: the
  // longest time without a byte being taken by the kernel, that is, without the peer making room.
  asio::awaitable<result<void>> write(bytes frame, milliseconds limit);
  asio::awaitable<result<void>> write(bytes head, raw_bytes body, milliseconds limit);

  // Closes the connection after `limit` unless lift_end() is called before.
  void end_unless_lifted(milliseconds limit);
  void lift_end();

  // Ends our direction and waits, at most `limit`, for the peer to end its own, so that what was
  // written last (a refusal) arrives; then closes.
  asio::awaitable<void> finish(milliseconds limit);
  // At once; reads and writes that are under way end with ECANCELED. May be called repeatedly.
  void close();

  // Gives the connection up to another io_context: returns the descriptor, which the caller owns.
  // No read or write may be under way.
  int release();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// Connects within `limit`. The error names host and port.
asio::awaitable<result<std::unique_ptr<framed_connection>>> connect_to(std::string host,
                                                                       std::uint16_t port,
                                                                       milliseconds limit);

// A connection from a descriptor that release() gave.
result<std::unique_ptr<framed_connection>> adopt_connection(asio::io_context& on, int descriptor);

// A bound, listening TCP socket. Same threading rule as above.
class listener {
 public:
  // `host` is a numeric address. The error names host and port ("listen on 127.0.0.1:7330:
  // Address already in use"). Port 0 takes a free one.
  static result<std::unique_ptr<listener>> open(asio::io_context& on, const std::string& host,
                                                std::uint16_t port);
  std::uint16_t port() const;
  // The next connection; waits through passing troubles (no descriptors left: 100 ms). An error
  // only after close().
  asio::awaitable<result<std::unique_ptr<framed_connection>>> accept();
  void close();

 private:
  explicit listener(asio::ip::tcp::acceptor acceptor) : acceptor_(std::move(acceptor)) {}
  asio::ip::tcp::acceptor acceptor_;
};

}  // namespace cairn

// Control messages over one connection: what is sent goes out in order, by one writer at a time.
//
// Owned by a shared_ptr; every function is called in the thread of the connection's io_context. A
// peer that takes nothing is cut off: by time, and when more than queue_max messages wait for it.
// Header of Asio's weight; see net/framed_connection.h.
#pragma once
#include <deque>
#include <memory>

#include "net/framed_connection.h"

namespace cairn {

class control_channel : public std::enable_shared_from_this<control_channel> {
 public:
  explicit control_channel(std::unique_ptr<framed_connection> wire) : wire_(std::move(wire)) {}

  void send(const control_message& m);
  // As framed_connection: at most one read at a time.
  asio::awaitable<result<control_message>> read(milliseconds limit) {
    return wire_->read_control(limit);
  }
  // Writes what waits, then ends orderly, within `limit`.
  asio::awaitable<void> finish(milliseconds limit);
  void close() { wire_->close(); }

  const std::string& peer() const { return wire_->peer(); }
  framed_connection& wire() { return *wire_; }

 private:
  static asio::awaitable<void> write_all(std::shared_ptr<control_channel> self);

  static constexpr std::size_t queue_max = 1024;

  std::unique_ptr<framed_connection> wire_;
  std::deque<bytes> waiting_;
  bool writing_ = false;
};

}  // namespace cairn

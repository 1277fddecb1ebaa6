// The control connection to one member's gateway: connects, greets, reads, and connects again when
// it was lost, with growing pauses.
//
// Everything happens in the one thread of the io_context, which is also the coordinator's. What
// comes from an older connection is gone with it: `events` hear of messages only between connected
// and lost. Of Asio's weight; see net/framed_connection.h.
#pragma once
#include <memory>
#include <string>

#include <asio/steady_timer.hpp>

#include "config/config.h"
#include "net/control_channel.h"

namespace cairn {

class member_events {
 public:
  virtual ~member_events() = default;
  virtual void on_connected(std::size_t member, const member_hello& hello) = 0;
  // `why`: a sentence. Also for each attempt that failed.
  virtual void on_lost(std::size_t member, const std::string& why) = 0;
  virtual void on_message(std::size_t member, const control_message& m) = 0;
};

class member_connection {
 public:
  // `io` and `events` outlive it; it is destroyed when `io` runs no more.
  member_connection(asio::io_context& io, std::size_t member, endpoint at, coordinator_hello hello,
                    member_events& events)
      : io_(io),
        member_(member),
        at_(std::move(at)),
        hello_(std::move(hello)),
        events_(events),
        pause_(io) {}

  void start();
  void stop();  // ends the coroutine soon; no event comes any more
  // Dropped when it is not connected.
  void send(const control_message& m);

 private:
  static asio::awaitable<void> run(member_connection* self);
  static asio::awaitable<void> converse(member_connection* self,
                                        std::shared_ptr<control_channel> channel);
  static asio::awaitable<void> rest(member_connection* self);
  std::string greeted(const result<control_message>& first);
  std::string implausible() const;

  asio::io_context& io_;
  const std::size_t member_;
  const endpoint at_;
  const coordinator_hello hello_;
  member_events& events_;
  asio::steady_timer pause_;
  std::shared_ptr<control_channel> channel_;  // between connect and loss
  bool connected_ = false;                    // greeted
  bool stopping_ = false;
  std::string why_;  // the last connection ended
  milliseconds next_pause_{0};
};

}  // namespace cairn

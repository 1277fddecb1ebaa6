// The beats of a thread that runs an io_context (base/heartbeat.h): while it waits for sockets it
// can't say so, so it is woken once a second and beats.
#pragma once
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace cairn {

class pulse {
 public:
  explicit pulse(asio::io_context& io) : io_(io), due_(io) {}

  // io.run() in the calling thread, watched under this name.
  void run(const std::string& name);
  // In that thread: from now on the context may run out of work. Not needed before io.stop().
  void stop();

 private:
  void go_on();

  asio::io_context& io_;
  asio::steady_timer due_;
  bool stopped_ = false;
};

}  // namespace cairn

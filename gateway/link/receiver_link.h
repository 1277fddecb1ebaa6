// Where primaries reach the secondary members of a gateway: one listening port, one thread that
// reads each connection's HELLO and hands it to the member that it names.
//
// From outside: a deadline for the whole HELLO, a cap on connections that have not said it; garbage
// ends the connection with a line in the log that has the peer's address, and disturbs nobody.
//
// Made by the gateway when [link] is configured. `members` must outlive stop(). open, start, stop
// from one thread.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "config/config.h"
#include "gateway/link/receiver_session.h"

namespace cairn {

class receiver_link {
 public:
  // Binds. The error names host and port. Port 0 takes a free one (tests). `members`: those that
  // are configured as secondary.
  static result<std::unique_ptr<receiver_link>> open(const endpoint& at,
                                                     const std::vector<member*>& members,
                                                     receiver_settings settings = {});
  ~receiver_link();
  receiver_link(const receiver_link&) = delete;
  receiver_link& operator=(const receiver_link&) = delete;

  void start();
  void stop();  // joins; a second call does nothing
  // Connections that ended before a HELLO that anybody could make sense of, since the start.
  std::uint64_t turned_away() const;

 private:
  class impl;
  explicit receiver_link(std::unique_ptr<impl> i);
  const std::unique_ptr<impl> impl_;
};

}  // namespace cairn

// The primary's end of a member's link: connects to the peer, says HELLO, ships the journal, passes
// on what the peer tells. replication/sender.h decides; this does.
//
// One thread with an io_context of its own; it may block on the disk. The member's threads only
// ever call its wake function. A fenced member's link stays silent for good.
//
// Made by the gateway for each member that is configured as primary with a peer. `owner` must
// outlive stop(). start and stop from one thread.
#pragma once
#include <memory>

#include "gateway/member/member.h"
#include "replication/sender.h"

namespace cairn {

class sender_link {
 public:
  // owner.config().peer is where it connects to.
  explicit sender_link(member& owner, sender_settings settings = {});
  ~sender_link();
  sender_link(const sender_link&) = delete;
  sender_link& operator=(const sender_link&) = delete;

  void start();
  void greet_again();  // the volumes have grown: a new connection, whose HELLO says so
  void stop();  // at once; what is on the way is sent again next time. A second call does nothing

 private:
  class impl;
  const std::unique_ptr<impl> impl_;
};

}  // namespace cairn

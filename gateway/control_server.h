// Where coordinators reach the members of a gateway (docs/markers.md).
//
// A connection begins with coordinator_hello, which picks the member that it then belongs to.
// Several coordinators may be connected at once; epochs decide whom a member obeys, not this.
//
// Threads: one for all connections, which waits for no disk; and two for each member, one that
// obeys MARK, RELEASE and ABANDON, so that a round takes no longer than two journal appends, and
// one for REPORT, APPLY and PROMOTE (control_session.h). So a member whose disk hangs stops its own
// markers and nobody else's. Answers, from whichever thread, are passed to the first one and
// dropped when the connection is gone.
//
// From outside: a deadline for the hello, a cap on connections, garbage ends the connection with a
// line in the log. `members` must outlive stop().
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/config.h"
#include "gateway/member/member.h"

namespace cairn {

class control_server {
 public:
  // Adds to a member's status what the member itself does not know: who reaches its volumes, and
  // where. Called in the thread of all connections, so it must not wait.
  using status_addition = std::function<void(member_status&)>;

  // Binds. The error names host and port. Port 0 takes a free one (tests).
  static result<std::unique_ptr<control_server>> open(const endpoint& at,
                                                      std::vector<member*> members,
                                                      status_addition add = {});
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

  void start();  // the threads
  void stop();   // waits for an APPLY under way; a second call does nothing
  std::uint16_t port() const;

 private:
  class impl;
  explicit control_server(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace cairn

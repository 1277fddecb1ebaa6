// A secondary member's link while it lasts: connections, threads and syncs around a receiving_end.
//
// Two threads: one with an io_context for the connection, which may block on appends; one for
// fdatasync, so that a slow disk delays neither heartbeats nor `received`. At most one connection:
// a newer one whose HELLO is acceptable replaces it, one that is refused disturbs nobody.
//
// Owned by the gateway's receiver_link. `owner` must outlive stop().
#pragma once
#include <memory>

#include "gateway/member/member.h"

namespace cairn {

struct receiver_settings {
  std::chrono::milliseconds handshake{5000};  // for a whole HELLO
  std::chrono::milliseconds heartbeat{1000};  // progress is told at least this often
  std::chrono::milliseconds silence{5000};    // without a byte from the primary
  std::chrono::milliseconds farewell{1000};   // for a refusal to arrive
  std::chrono::milliseconds sync_pause{250};  // between the starts of two fdatasyncs without a seal
  std::size_t greeting_max = 64;              // connections that have not said HELLO yet
  std::size_t guests_max = 16;                // that have, and wait for their answer; each member
};

class receiver_session {
 public:
  receiver_session(member& owner, const receiver_settings& settings);
  ~receiver_session();
  receiver_session(const receiver_session&) = delete;
  receiver_session& operator=(const receiver_session&) = delete;

  void start();
  void stop();  // joins; a second call does nothing

  member& owner() const;
  // A connection whose HELLO names this member; takes the descriptor. Any thread.
  void take_over(int descriptor, hello greeting);

 private:
  class impl;
  const std::unique_ptr<impl> impl_;
};

}  // namespace cairn

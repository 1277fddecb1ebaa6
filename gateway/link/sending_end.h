// What the primary's end of a link does at its member: HELLO, stretches out of the journal, what
// the peer tells. replication/sender.h decides, this does, and whoever owns it moves the bytes:
// sender_link over TCP, the simulator over a connection of its own.
//
// Not thread-safe; may wait for the disk.
#pragma once
#include <functional>
#include <optional>

#include "gateway/member/member.h"
#include "replication/sender.h"

namespace cairn {

class sending_end {
 public:
  // What it asks of its owner. A connection that is closed by it is not reported as lost.
  struct wire {
    std::function<void()> open;  // then on_connected or on_lost, within handshake_us
    std::function<void(const link_message&)> send;
    std::function<void()> close;
  };

  // The member is a primary. None of `to` is called from here.
  sending_end(member& owner, source_face& source, const sender_settings& settings, wire to)
      : owner_(owner), source_(source), to_(std::move(to)), decides_(settings) {}

  void on_time(std::uint64_t now_us);
  void on_connected(std::uint64_t now_us);
  void on_message(const link_message& m, std::uint64_t now_us);
  void on_lost(const std::string& why, std::uint64_t now_us);

  // The records that go out next; nullopt: none is due. What is returned counts as sent. It may
  // end the connection instead, or say that a record can't be sent.
  std::optional<stretch> next_stretch(std::uint64_t now_us);
  std::uint64_t next_deadline_us() const { return decides_.next_deadline_us(); }

 private:
  own_watermarks own() const;
  void perform(const sender_actions& actions);
  void perform(const sender_action& action);
  void verify(sequence at);

  member& owner_;
  source_face& source_;
  const wire to_;
  sender decides_;
  incarnation start_;  // of the HELLO of this connection
};

}  // namespace cairn

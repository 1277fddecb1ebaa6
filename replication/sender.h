// What the primary's end of a link decides (docs/wire.md): what HELLO's answer means, what is sent
// next, what a peer's progress may be, when to give a connection up and when to try again. Events
// and the time go in, actions come out; gateway/link/sender_link.h does them in order. No I/O,
// clock or thread.
//
//   waiting ──due──► connecting ──► greeting ──answer──► streaming
//      ▲                 └──────────────┴── lost, refused ──┘        fenced: for good
//      └───────────────────────────────────┘
//
// Invariant (I7), on every connection: trimmed <= stored <= received <= sent <= finished. A peer
// that says otherwise ends its connection; what is left is asserted.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "replication/link_messages.h"
#include "replication/status.h"

namespace cairn {

struct sender_settings {
  // Sent but not received: bounds the peer's memory and what is sent again after a loss. Bytes:
  // half a second at 1 Gbit/s; records: what 64 MiB of 4 KiB writes come to.
  std::uint64_t window_records_max = 16384;
  std::uint64_t window_bytes_max = 64ULL << 20;
  std::uint64_t heartbeat_us = 1'000'000;
  std::uint64_t handshake_us = 5'000'000;  // connect, HELLO, its answer: each
  std::uint64_t silence_us = 5'000'000;    // without any message from the peer
  std::uint64_t stall_us = 15'000'000;   // `received` stands still although records are on the way
  std::uint64_t retry_min_us = 100'000;  // doubled …
  std::uint64_t retry_max_us = 5'000'000;  // … up to here; also the wait after a refusal
};

// The primary's own watermarks, as of the call.
struct own_watermarks {
  sequence finished;
  sequence durable;
  sequence shippable;  // finished, and below every seal that is not durable
  sequence trimmed;
};

// Records that may be sent next: from `first` on, at least one, at most up to `last`, as long as
// their stored bytes stay within `bytes_max` (a single record may exceed it).
struct stretch_order {
  sequence first;
  sequence last;
  std::uint64_t bytes_max = 0;
};

// ---- actions
struct open_connection {};  // then on_connected or on_lost, within handshake_us
struct send_to_peer {
  link_message message;
};
struct end_connection {};
struct tell_answer {  // member::peer_answered
  hello_answer answer;
};
struct tell_progress {  // member::peer_progress
  link_progress peer;
  sequence sent;
};
struct tell_lost {};  // member::peer_lost
struct tell_state {   // member::set_link
  link_state state = link_state::connecting;
  std::string because;
};
struct fence_member {  // member::fence
  std::string because;
};
struct check_record {  // read this record of ours; on_damage if it is bad
  sequence at;
};
using sender_action =
    std::variant<open_connection, send_to_peer, end_connection, tell_answer, tell_progress,
                 tell_lost, tell_state, fence_member, check_record>;
using sender_actions = std::vector<sender_action>;

class sender {
 public:
  explicit sender(sender_settings settings = {}) : settings_(settings) {}

  // Events. A caller that ended the connection by an action does not report on_lost for it.
  sender_actions on_time(const own_watermarks& own, std::uint64_t now_us);
  sender_actions on_connected(hello greeting, std::uint64_t now_us);
  sender_actions on_message(const link_message& m, const own_watermarks& own, std::uint64_t now_us);
  sender_actions on_lost(const std::string& why, std::uint64_t now_us);
  // This record of our own does not match its checksum: neither it nor what is behind it can be
  // sent, now or later. What is before it still is.
  sender_actions on_damage(sequence at, const std::string& what);

  std::optional<stretch_order> next_stretch(const own_watermarks& own) const;
  void on_sent(sequence last, std::uint64_t size_bytes, std::uint64_t now_us);

  std::uint64_t next_deadline_us() const;  // call on_time then; ~0: never
  bool streaming() const { return phase_ == phase::streaming; }
  bool ended() const { return phase_ == phase::fenced; }

  sequence sent() const { return sent_; }
  sequence received() const { return received_; }
  sequence stored() const { return stored_; }

 private:
  enum class phase { waiting, connecting, greeting, streaming, fenced };
  struct sent_stretch {
    sequence last;
    std::uint64_t size_bytes;
  };

  sender_actions take(const hello_answer& m, const own_watermarks& own, std::uint64_t now_us);
  sender_actions take(const refusal& m, const own_watermarks& own, std::uint64_t now_us);
  sender_actions take(const link_progress& m, const own_watermarks& own, std::uint64_t now_us);
  sender_actions take(const link_damage& m, const own_watermarks& own, std::uint64_t now_us);
  template <class Other>
  sender_actions take(const Other& m, const own_watermarks& own, std::uint64_t now_us);

  std::string fault_of(const hello_answer& m, const own_watermarks& own) const;
  std::string fault_of(const link_progress& m) const;
  std::string overdue(std::uint64_t now_us) const;
  sender_actions give_up(link_state state, const std::string& why, std::uint64_t wait_us,
                         std::uint64_t now_us);
  sender_actions lose(const std::string& why, std::uint64_t now_us);
  std::uint64_t next_wait(std::uint64_t now_us);
  void check_watermarks(const own_watermarks& own) const;

  sender_settings settings_;
  phase phase_ = phase::waiting;
  hello greeting_;  // of this connection
  sequence sent_, received_, stored_;
  sequence damaged_at_;              // first record that can't be sent; 0: none is known
  std::string damage_;               // the sentence
  sequence stored_ever_;             // highest that any connection told; it never goes back
  std::deque<sent_stretch> window_;  // not received yet
  std::uint64_t window_bytes_ = 0;
  std::uint64_t due_us_ = 0;    // waiting: when to connect; greeting: the end of it
  std::uint64_t begun_us_ = 0;  // when streaming began
  std::uint64_t heard_us_ = 0;
  std::uint64_t spoke_us_ = 0;
  std::uint64_t moved_us_ = 0;  // `received` moved, or the window was empty
  std::uint64_t wait_us_ = 0;   // before the next attempt; 0: the shortest
  bool stored_moved_ = false;   // on this connection
};

}  // namespace cairn

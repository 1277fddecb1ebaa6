// What the secondary's end of a link does at its member: HELLO, stretches into the journal,
// progress. replication/receiver.h decides, this does, and whoever owns it moves the bytes:
// receiver_session over TCP, the simulator over a connection of its own.
//
// One connection is the current one, the one whose HELLO was accepted last; a HELLO that is refused
// disturbs nobody. Not thread-safe; may wait for the disk.
#pragma once
#include <functional>
#include <optional>
#include <variant>

#include "gateway/member/member.h"
#include "replication/receiver.h"

namespace cairn {

class receiving_end {
 public:
  // `want_sync` is called when records were appended; `soon`: a seal among them.
  receiving_end(member& owner, std::function<void(bool soon)> want_sync)
      : owner_(owner), want_sync_(std::move(want_sync)) {}

  // hello_answer: that connection is the current one from now on, and the one before is over; all
  // that the answer promises is durable. refusal: its last word.
  std::variant<hello_answer, refusal> on_hello(const hello& greeting);
  // Of the current connection. What is returned is its last word: then no connection is current.
  std::optional<link_message> on_message(const link_message& m);
  void on_lost(const std::string& why);  // the current connection
  void on_synced();                      // the journal's durable watermark may have moved

  bool connected() const { return decides_.has_value(); }
  // What the peer is to be told; nullopt: nothing has changed since it was told. `anyway`: a
  // heartbeat is due. While connected().
  std::optional<link_progress> tell(bool anyway);

 private:
  result<hello_answer> accept(const hello& greeting, const hello_accepted& how);
  hello_answer answer(std::uint32_t version) const;
  std::optional<link_message> last_word(const link_message& m);
  std::optional<link_message> taken_over() const;
  std::optional<link_message> take(const stretch& s);

  member& owner_;
  const std::function<void(bool)> want_sync_;
  std::optional<receiver> decides_;  // none: not connected
  link_progress told_;
};

}  // namespace cairn

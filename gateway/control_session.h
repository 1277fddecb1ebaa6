// What a coordinator's messages do at a member, and in whose thread (DESIGN.md section 6).
//
// No wire and no threads here: control_server and the simulator both run this. A message whose part
// the member does not have in its role is refused by name.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "gateway/member/member.h"

namespace cairn {

// The first message of a connection, judged.
struct control_greeting {
  member* to = nullptr;    // none: refused
  std::string name;        // of the coordinator
  control_message answer;  // member_hello or control_refusal
};
control_greeting greet(const control_message& first, std::span<member* const> members);

// MARK, RELEASE and ABANDON of a member are obeyed in their order, and may wait for its disk;
// REPORT, APPLY and PROMOTE take as long as they take. Neither may keep the other, or another
// member, waiting.
enum class control_turn { at_once, round, selection };
// Of nothing that a coordinator sends: nullopt.
std::optional<control_turn> turn_of(const control_message& m);

class control_session : public std::enable_shared_from_this<control_session> {
 public:
  using reply = round_face::reply;
  using status_addition = std::function<void(member_status&)>;

  // `send` may be called from any thread, and after the connection has ended. `add` completes a
  // status, or is empty.
  control_session(member& to, reply send, status_addition add = {})
      : to_(to), send_(std::move(send)), add_(std::move(add)) {}

  member& to() const { return to_; }

  // Before the message is handed to the thread of its turn. false: it is dropped, since one of the
  // kind is under way and the answer to that is the answer to both.
  bool admit(control_turn turn);
  // In that thread. Answers through `send`.
  void obey(const control_message& m, monotonic_time now);
  // Instead of obey(), where that thread has too much to do already.
  void turn_away(const control_message& m);

 private:
  void on_round(const control_message& m, monotonic_time now);
  control_message on_selection(const control_message& m);
  control_refusal wrong_role(const control_message& m, const char* wanted) const;

  member& to_;
  const reply send_;
  const status_addition add_;
  std::atomic<bool> selecting_{false};
};

}  // namespace cairn

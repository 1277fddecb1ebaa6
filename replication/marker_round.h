// What the primary coordinator decides (docs/markers.md): when a round begins, when it is released
// and when it is given up. Events and the time go in, actions come out; the caller does them in
// order. No I/O, clock or thread.
//
//   idle ──due, all heard──► persisting ──► marking ──all INSERTED──► released ──► sealed or void
//     ▲                         │              └──hold limit, member lost──► ABANDON ──► void
//     └──failed: later──────────┘
//
// Rules: MARK(N) is sent only when N is durable as the last number taken. A number that could not
// be persisted (persist_step.h) was sent to nobody; it is left out, and the round begins with the
// next one, when it can be. RELEASE(N) is sent only after EVERY member answered INSERTED(N); see
// all_inserted().
// Order is that of numbers. Time only says when to try and when to stop waiting: a round that comes
// out wrong in time is void, never wrong.
//
// A coordinator that meets an epoch above its own has been replaced: it begins nothing more. It
// does not take a higher epoch itself, so that two that run at once do not chase each other.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "replication/persist_step.h"
#include "replication/send_control.h"

namespace cairn {

struct round_settings {
  std::vector<std::string> members;
  std::uint64_t interval_us = 1'000'000;
  std::uint64_t hold_limit_us = 50'000;      // at most interval_us / 4
  std::uint64_t persist_pause_us = 100'000;  // before a number is taken again; see persist_step.h
};

enum class round_outcome { sealed, voided, unknown };

// Make `marker` durable as the last one taken, then call on_persisted(), whose answer holds the
// MARKs, or on_persist_failed().
struct persist_marker {
  marker_id marker;
};
// The group's outcome: sealed at every member, void at one at least, or a member was lost before it
// told (the other site will know).
struct round_ended {
  marker_id marker;
  round_outcome outcome = round_outcome::unknown;
  std::string reason;             // of a void or unknown: a sentence that names the member
  std::uint64_t round_us = 0;     // MARK to the last INSERTED; 0 when it was given up before
  std::uint64_t held_max_us = 0;  // as the members measured it
};
using round_action = std::variant<persist_marker, send_control, round_ended>;
using round_actions = std::vector<round_action>;

class marker_round {
 public:
  // `last`: newest marker that was persisted by an earlier start; its epoch is left behind.
  marker_round(round_settings settings, marker_id last);

  // Events. `member` is the place in settings.members.
  round_actions on_connected(std::size_t member, const member_hello& hello, std::uint64_t now_us);
  round_actions on_disconnected(std::size_t member, std::uint64_t now_us);
  round_actions on_status(std::size_t member, const member_status& status, std::uint64_t now_us);
  round_actions on_persisted(marker_id marker, std::uint64_t now_us);
  round_actions on_persist_failed(marker_id marker, const error& why, std::uint64_t now_us);
  round_actions on_inserted(std::size_t member, const inserted& m, std::uint64_t now_us);
  round_actions on_outcome(std::size_t member, const outcome& m, std::uint64_t now_us);
  round_actions on_refused(std::size_t member, const control_refusal& m, std::uint64_t now_us);
  round_actions on_time(std::uint64_t now_us);
  // A round as soon as one can begin, whatever the interval; it contains all that was written
  // before the call.
  round_actions demand(std::uint64_t now_us);

  // From the next round on; one that runs may become void by a shorter limit, as by any other.
  void set_pace(std::uint64_t interval_us, std::uint64_t hold_limit_us, std::uint64_t now_us);

  std::uint64_t next_deadline_us() const;

  epoch current() const { return epoch_; }  // 0: not every member was heard yet
  marker_number last() const { return last_; }
  epoch replaced_by() const { return replaced_by_; }  // 0: this one is in charge
  std::uint64_t interval_us() const;                  // larger than configured after voids
  std::uint64_t skipped() const { return skipped_; }
  const persist_step& persisting() const { return persisting_; }
  // Why no round can begin now, and because of whom (nobody: another coordinator, or our own
  // state).
  struct hindrance {
    std::optional<std::size_t> member;
    std::string why;  // "is not connected"
  };
  std::optional<hindrance> hindered(std::uint64_t now_us) const;
  // The same as a sentence that starts with the member's name; empty: a round can begin.
  std::string obstacle(std::uint64_t now_us) const;

 private:
  struct known_member {
    bool connected = false;
    member_role role = member_role::secondary;
    std::string failed;                     // its journal
    std::optional<member_hello> hello;      // of any connection since the start
    std::optional<std::uint64_t> heard_us;  // on the connection of now
  };
  struct running_round {
    marker_id marker;
    bool demanded = false;
    bool marked = false;  // persisted and sent
    std::uint64_t marked_us = 0;
    std::vector<std::optional<incarnation>> counted;  // INSERTED, by member
  };
  struct released_round {
    marker_id marker;
    std::uint64_t released_us = 0;
    std::uint64_t round_us = 0;
    std::uint64_t held_max_us = 0;
    std::vector<bool> sealed;
  };

  std::optional<hindrance> unready(std::uint64_t now_us) const;
  bool all_inserted() const;
  void hear(std::size_t member, std::uint64_t now_us);
  bool heard_lately(const known_member& m, std::uint64_t now_us) const;
  void take_epoch();
  void try_begin(round_actions& out, std::uint64_t now_us);
  void sound(round_actions& out, std::uint64_t now_us);
  void send_all(round_actions& out, const control_message& m) const;
  void release_round(round_actions& out, std::uint64_t now_us);
  void give_up(round_actions& out, const std::string& reason, std::uint64_t now_us);
  void back_off(std::uint64_t now_us);
  void settle(round_actions& out, std::size_t index, round_outcome how, const std::string& reason);
  void expire(round_actions& out, std::uint64_t now_us);

  round_settings settings_;
  std::vector<known_member> members_;
  epoch floor_epoch_;  // own earlier ones and all that members reported
  epoch epoch_;
  marker_number last_;
  epoch replaced_by_;
  persist_step persisting_;
  std::optional<running_round> running_;
  std::deque<released_round> released_;  // outcomes awaited; bounded by released_max
  std::uint64_t due_us_ = 0;
  bool sounding_ = false;  // status was asked for, to begin as soon as all have answered
  bool demanded_ = false;
  unsigned voids_in_a_row_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace cairn

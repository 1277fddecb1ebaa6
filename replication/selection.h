// What the secondary coordinator decides (docs/markers.md): which marker all secondaries apply, and
// how a takeover is carried through. Events and the time go in, actions come out; the caller does
// them in order. No I/O, clock, thread or randomness.
//
//   gathering ─► persisting epoch ─► idle ─► reporting ─► persisting choice ─► applying ─► idle
//                  (again)            ▲                      └failed►┐          └─takeover─►
//                                     └──────────later───────────────┘
//   promoting ─► persisting the end (again) ─► taken over
//
// Rules: every start takes a new epoch, above all that members report. REPORT goes to all, and
// nothing is chosen before all have answered. Where any is promoted, exactly that is finished. Else
// the newest marker in the INTERSECTION of the reported sets (or the one named), never below the
// highest target. A choice is durable before its APPLY, a takeover's marker and lineage before its
// APPLY, and PROMOTE follows only when all have APPLIED. Every step may be repeated.
//
// What could not be persisted (persist_step.h) was sent to nobody. An epoch is left out and the
// next one taken; a choice, a takeover's too, is withdrawn and made anew from new answers; the end
// of a takeover, when every member is promoted already, is asked for again as it is. So what the
// machine holds in a step is always what the disk holds. Behind a final failure it sends nothing
// more.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "replication/persist_step.h"
#include "replication/send_control.h"

namespace cairn {

struct selection_settings {
  std::string group;
  std::vector<std::string> members;
  std::uint64_t interval_us = 1'000'000;     // how often the newest common marker is looked for
  bool follow = true;                        // apply it; off: only takeovers apply
  std::uint64_t persist_pause_us = 100'000;  // before it is tried again; see persist_step.h
};

struct takeover_decision {
  marker_id at;
  uuid opened;            // the lineage
  bool finished = false;  // every member is promoted
  uuid from{};            // the lineage in which the marker was made; nil: the first
  friend bool operator==(const takeover_decision&, const takeover_decision&) = default;
};

// What a selection keeps durably, always saved whole.
struct selection_state {
  epoch current;
  marker_id choice;
  std::optional<takeover_decision> takeover;
  uuid choice_lineage{};  // in which the choice was made; nil: the first
  friend bool operator==(const selection_state&, const selection_state&) = default;
};

struct selection_choice {
  marker_id at;
  std::string why;
  std::optional<uuid> promoted_as;  // members are promoted already, with this lineage
};

// The rule of selection, applied to one answer of every member, in the order of settings.members.
// ENOENT: no common marker, or not the named one; EPERM: refused, with the sentence.
result<selection_choice> choose(const selection_settings& settings,
                                const std::vector<reported>& answers,
                                std::optional<marker_number> named);
// I4: ends the process unless every answer holds the marker, sealed, or one names it as its target:
// then it was proved when that target was chosen.
void check_common(const std::vector<reported>& answers, marker_id chosen);
// Markers that every answer contains, oldest first.
std::vector<marker_id> common_markers(const std::vector<reported>& answers);

// Make the state durable, then call on_persisted(), or on_persist_failed(), with the same state;
// several in the order in which they came.
struct persist_selection {
  selection_state state;
};
// Every member's volumes stand at `marker`.
struct group_applied {
  marker_id marker;
};
// What a takeover would choose now, or why it can't.
struct plan_made {
  std::uint64_t request = 0;
  result<selection_choice> choice;
  std::vector<reported> answers;  // that it was made from; empty with an error before
};
// A takeover that could not begin: nothing was decided, the group follows as before.
struct takeover_refused {
  error why;
};
struct takeover_finished {
  takeover_decision decision;
  std::string why;                               // this marker
  std::vector<std::optional<promoted>> members;  // nullopt: it was promoted before this start
};
using selection_action = std::variant<persist_selection, send_control, group_applied, plan_made,
                                      takeover_refused, takeover_finished>;
using selection_actions = std::vector<selection_action>;

enum class selection_phase {
  gathering,
  persisting_epoch,
  idle,
  reporting,
  persisting_choice,
  applying,
  promoting,
  persisting_end,
  taken_over,
  replaced,  // a member obeys a higher epoch: another secondary coordinator is at work
  stopped,   // the state failed for good
};
const char* name_of(selection_phase phase);

class selection {
 public:
  selection(selection_settings settings, selection_state state);

  // Events. `member` is the place in settings.members.
  selection_actions on_connected(std::size_t member, const member_hello& hello,
                                 std::uint64_t now_us);
  void on_disconnected(std::size_t member);
  selection_actions on_reported(std::size_t member, const reported& m, std::uint64_t now_us);
  selection_actions on_applied(std::size_t member, const applied& m, std::uint64_t now_us);
  selection_actions on_promoted(std::size_t member, const promoted& m, std::uint64_t now_us);
  selection_actions on_refused(std::size_t member, const control_refusal& m, std::uint64_t now_us);
  selection_actions on_persisted(const selection_state& kept, std::uint64_t now_us);
  selection_actions on_persist_failed(const selection_state& lost, const error& why,
                                      std::uint64_t now_us);
  selection_actions on_time(std::uint64_t now_us);

  // Answered by one plan_made.
  selection_actions plan(std::uint64_t request, std::optional<marker_number> named,
                         std::uint64_t now_us);
  // `opened` is fresh; it is used unless a takeover is already under way. Answered by one
  // takeover_refused or takeover_finished. Asked again when taken over: finished again.
  selection_actions take_over(std::optional<marker_number> named, uuid opened,
                              std::uint64_t now_us);

  // From now on; a REPORT that is due later than that comes sooner.
  void set_interval(std::uint64_t interval_us, std::uint64_t now_us) {
    settings_.interval_us = interval_us;
    due_us_ = std::min(due_us_, now_us + interval_us);
  }

  std::uint64_t next_deadline_us() const;

  selection_phase phase() const { return phase_; }
  const selection_state& state() const { return state_; }
  const persist_step& persisting() const { return persisting_; }
  // Why the group doesn't move: members that have not answered, a state that can't be written, or
  // why nothing can be chosen.
  std::string obstacle() const;
  // The answers of the last REPORT that all answered; empty before the first.
  const std::vector<reported>& answers() const { return last_answers_; }

 private:
  struct known_member {
    bool connected = false;
    std::optional<member_hello> hello;
    std::optional<std::uint64_t> asked_us;  // the current step's request was sent
    bool answered = false;                  // the current step
    std::string refused;                    // the sentence of its last refusal of the step
    std::optional<reported> answer;
    std::optional<promoted> promotion;
  };
  struct plan_request {
    std::uint64_t request = 0;
    std::optional<marker_number> named;
    std::uint64_t until_us = 0;
  };
  struct takeover_request {
    std::optional<marker_number> named;
    uuid opened;
    std::uint64_t until_us = 0;
  };

  void take_epoch(selection_actions& out);
  void replaced_by(selection_actions& out, epoch higher);
  void begin_report(selection_actions& out, std::uint64_t now_us);
  void begin_step(selection_actions& out, selection_phase phase, std::uint64_t now_us);
  void ask(selection_actions& out, std::size_t member, std::uint64_t now_us);
  control_message request_of_step() const;
  bool all_answered() const;
  void step_done(selection_actions& out, std::uint64_t now_us);
  void all_reported(selection_actions& out, std::uint64_t now_us);
  void answer_plans(selection_actions& out);
  void decide(selection_actions& out, const selection_choice& choice, std::uint64_t now_us);
  void decide_takeover(selection_actions& out, marker_id at, uuid opened, std::uint64_t now_us);
  void refuse_all(selection_actions& out, const error& why);
  void follow(selection_actions& out, marker_id at, std::uint64_t now_us);
  void persist(selection_actions& out, selection_phase phase);
  void persist_again(selection_actions& out, std::uint64_t now_us);
  void stop(selection_actions& out, const selection_state& lost);
  void tell_end(selection_actions& out);
  void finish(selection_actions& out, std::uint64_t now_us);
  void rest(std::uint64_t now_us);
  bool may_expire() const;
  void expire(selection_actions& out, std::uint64_t now_us);
  bool claiming() const { return phase_ == selection_phase::reporting && !claimed_; }
  bool taking_over() const { return state_.takeover && !state_.takeover->finished; }
  marker_id step_marker() const;
  bool in_step() const;
  void answered(selection_actions& out, std::size_t member, std::uint64_t now_us);

  selection_settings settings_;
  selection_state state_;    // what is acted upon: durable, or about to be
  selection_state durable_;  // as far as is known
  persist_step persisting_;
  selection_phase phase_ = selection_phase::gathering;
  std::vector<known_member> members_;
  epoch floor_;           // highest epoch seen anywhere
  bool claimed_ = false;  // every member has granted state_.current to this start alone
  std::vector<reported> last_answers_;
  std::string cannot_choose_;
  std::string decided_because_;  // the takeover's marker
  std::optional<takeover_request> takeover_;
  std::vector<plan_request> plans_;
  std::uint64_t due_us_ = 0;
};

}  // namespace cairn

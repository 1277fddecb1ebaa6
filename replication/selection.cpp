#include "replication/selection.h"

#include <algorithm>
#include <cerrno>

#include "base/invariant.h"

namespace cairn {

const char* name_of(selection_phase phase) {
  switch (phase) {
    case selection_phase::gathering:
      return "waiting for all members";
    case selection_phase::persisting_epoch:
      return "taking an epoch";
    case selection_phase::idle:
      return "following";
    case selection_phase::reporting:
      return "asking for markers";
    case selection_phase::persisting_choice:
      return "persisting the choice";
    case selection_phase::applying:
      return "applying";
    case selection_phase::promoting:
      return "promoting";
    case selection_phase::persisting_end:
      return "ending the takeover";
    case selection_phase::taken_over:
      return "taken over";
    case selection_phase::replaced:
      return "replaced";
    case selection_phase::stopped:
      return "stopped";
  }
  return "unknown";
}

selection::selection(selection_settings settings, selection_state state)
    : settings_(std::move(settings)),
      state_(std::move(state)),
      durable_(state_),
      persisting_(settings_.persist_pause_us),
      members_(settings_.members.size()),
      floor_(state_.current) {}

// ---- the members

selection_actions selection::on_connected(std::size_t member, const member_hello& hello,
                                          std::uint64_t now_us) {
  selection_actions out;
  known_member& m = members_[member];
  m.connected = true;
  m.hello = hello;
  m.asked_us.reset();
  m.refused.clear();
  floor_ = std::max(floor_, hello.selection_epoch);
  if (phase_ == selection_phase::gathering)
    take_epoch(out);
  else if (hello.selection_epoch > state_.current && phase_ != selection_phase::stopped)
    replaced_by(out, hello.selection_epoch);
  else if (in_step() && !m.answered)
    ask(out, member, now_us);
  return out;
}

void selection::on_disconnected(std::size_t member) {
  members_[member].connected = false;
  // What it reported may be old when it is back; what it applied or promoted is durable there.
  if (phase_ == selection_phase::reporting) members_[member].answered = false;
}

// Once, when all have told the highest they know; a takeover takes one again when it was replaced.
void selection::take_epoch(selection_actions& out) {
  if (!std::ranges::all_of(members_, [](const auto& m) { return m.hello.has_value(); })) return;
  state_.current = floor_.next();
  floor_ = state_.current;
  claimed_ = false;
  persist(out, selection_phase::persisting_epoch);
}

void selection::replaced_by(selection_actions& out, epoch higher) {
  floor_ = std::max(floor_, higher);
  phase_ = selection_phase::replaced;
  refuse_all(out, {EPERM, "another secondary coordinator, of epoch " +
                              std::to_string(higher.value) + ", is at work"});
}

// ---- steps: REPORT, APPLY, PROMOTE; each to all, each until all have answered

bool selection::in_step() const {
  return phase_ == selection_phase::reporting || phase_ == selection_phase::applying ||
         phase_ == selection_phase::promoting;
}

marker_id selection::step_marker() const {
  return taking_over() ? state_.takeover->at : state_.choice;
}

control_message selection::request_of_step() const {
  switch (phase_) {
    case selection_phase::applying:
      return apply{state_.current, step_marker()};
    case selection_phase::promoting:
      return promote{state_.current, state_.takeover->at, state_.takeover->opened};
    default:
      return report{state_.current, claiming()};
  }
}

void selection::ask(selection_actions& out, std::size_t member, std::uint64_t now_us) {
  if (!members_[member].connected) return;
  CAIRN_INVARIANT("internal", state_ == durable_,
                  std::string("sent before the state was durable, while ") + name_of(phase_));
  members_[member].asked_us = now_us;
  out.emplace_back(send_control{member, request_of_step()});
}

void selection::begin_step(selection_actions& out, selection_phase phase, std::uint64_t now_us) {
  phase_ = phase;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    known_member& m = members_[i];
    m.refused.clear();
    m.asked_us.reset();
    m.answered = false;
    if (phase == selection_phase::applying)
      m.answered = m.answer->promoted ||
                   (m.answer->target == step_marker() && m.answer->applied == step_marker());
    if (phase == selection_phase::promoting)
      m.answered = m.answer->promoted && m.answer->promoted->opened == state_.takeover->opened;
    if (!m.answered) ask(out, i, now_us);
  }
  if (all_answered()) step_done(out, now_us);
}

bool selection::all_answered() const {
  return std::ranges::all_of(members_, [](const auto& m) { return m.answered; });
}

void selection::answered(selection_actions& out, std::size_t member, std::uint64_t now_us) {
  members_[member].answered = true;
  members_[member].refused.clear();
  if (all_answered()) step_done(out, now_us);
}

void selection::step_done(selection_actions& out, std::uint64_t now_us) {
  if (phase_ == selection_phase::reporting) return all_reported(out, now_us);
  if (phase_ == selection_phase::applying) {
    out.emplace_back(group_applied{step_marker()});
    if (!taking_over()) return rest(now_us);
    return begin_step(out, selection_phase::promoting, now_us);
  }
  state_.takeover->finished = true;
  persist(out, selection_phase::persisting_end);
}

selection_actions selection::on_reported(std::size_t member, const reported& m,
                                         std::uint64_t now_us) {
  selection_actions out;
  if (phase_ != selection_phase::reporting || m.selection_epoch != state_.current) return out;
  members_[member].answer = m;
  answered(out, member, now_us);
  return out;
}

selection_actions selection::on_applied(std::size_t member, const applied& m,
                                        std::uint64_t now_us) {
  selection_actions out;
  if (phase_ != selection_phase::applying || m.selection_epoch != state_.current) return out;
  if (m.marker == step_marker()) answered(out, member, now_us);
  return out;
}

selection_actions selection::on_promoted(std::size_t member, const promoted& m,
                                         std::uint64_t now_us) {
  selection_actions out;
  if (phase_ != selection_phase::promoting || m.selection_epoch != state_.current) return out;
  if (m.marker != step_marker()) return out;
  members_[member].promotion = m;
  answered(out, member, now_us);
  return out;
}

selection_actions selection::on_refused(std::size_t member, const control_refusal& m,
                                        std::uint64_t now_us) {
  selection_actions out;
  if (m.about != "REPORT" && m.about != "APPLY" && m.about != "PROMOTE") return out;
  if (phase_ == selection_phase::stopped) return out;
  members_[member].refused = m.reason;
  floor_ = std::max(floor_, m.highest_epoch);
  if (phase_ != selection_phase::gathering && m.highest_epoch > state_.current)
    replaced_by(out, m.highest_epoch);
  else if (claiming() && m.highest_epoch == state_.current)
    return take_epoch(out), out;  // another start took the same one, or an answer was lost
  members_[member].asked_us = now_us;
  return out;
}

}  // namespace cairn

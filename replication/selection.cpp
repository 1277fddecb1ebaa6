#include "replication/selection.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/invariant.h"

namespace cairn {
namespace {

// A request is repeated when it was not answered for this long; each may be repeated at will.
constexpr std::uint64_t repeat_us = 2'000'000;
// How long a takeover or a plan waits for members before it says that they don't answer.
constexpr std::uint64_t request_wait_us = 10'000'000;

// A takeover that was decided before a restart keeps its marker, unless a successor's APPLY has
// gone beyond it: nobody goes back.
marker_id resumed_at(marker_id decided, const selection_choice& choice,
                     const std::vector<reported>& answers) {
  const bool passed =
      std::ranges::any_of(answers, [&](const reported& a) { return a.target > decided; });
  return passed ? choice.at : decided;
}

}  // namespace

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
  }
  return "unknown";
}

selection::selection(selection_settings settings, selection_state state)
    : settings_(std::move(settings)),
      state_(std::move(state)),
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
  else if (hello.selection_epoch > state_.current)
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
  phase_ = selection_phase::persisting_epoch;
  out.emplace_back(persist_selection{state_});
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
  phase_ = selection_phase::persisting_end;
  out.emplace_back(persist_selection{state_});
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
  members_[member].refused = m.reason;
  floor_ = std::max(floor_, m.highest_epoch);
  if (phase_ != selection_phase::gathering && m.highest_epoch > state_.current)
    replaced_by(out, m.highest_epoch);
  else if (claiming() && m.highest_epoch == state_.current)
    return take_epoch(out), out;  // another start took the same one, or an answer was lost
  members_[member].asked_us = now_us;
  return out;
}

// ---- the choice

void selection::begin_report(selection_actions& out, std::uint64_t now_us) {
  begin_step(out, selection_phase::reporting, now_us);
}

void selection::all_reported(selection_actions& out, std::uint64_t now_us) {
  claimed_ = true;
  last_answers_.clear();
  for (const known_member& m : members_) last_answers_.push_back(*m.answer);
  answer_plans(out);
  const auto named = takeover_ && !taking_over() ? takeover_->named : std::nullopt;
  auto choice = choose(settings_, last_answers_, named);
  cannot_choose_ = choice ? "" : choice.error().text;
  if (choice) return decide(out, *choice, now_us);
  if (takeover_) {
    out.emplace_back(takeover_refused{choice.error()});
    takeover_.reset();
  }
  rest(now_us);
}

void selection::answer_plans(selection_actions& out) {
  for (const plan_request& p : plans_)
    out.emplace_back(
        plan_made{p.request, choose(settings_, last_answers_, p.named), last_answers_});
  plans_.clear();
}

void selection::decide(selection_actions& out, const selection_choice& choice,
                       std::uint64_t now_us) {
  decided_because_ = taking_over() ? "the marker of the takeover that was begun" : choice.why;
  if (choice.promoted_as) return decide_takeover(out, choice.at, *choice.promoted_as, now_us);
  if (taking_over())
    return decide_takeover(out, resumed_at(state_.takeover->at, choice, last_answers_),
                           state_.takeover->opened, now_us);
  if (state_.takeover) {
    cannot_choose_ = "this coordinator took over at marker " +
                     std::to_string(state_.takeover->at.number.value) +
                     ", but no member says that it was promoted";
    refuse_all(out, {EPERM, cannot_choose_});
    return rest(now_us);
  }
  if (takeover_) return decide_takeover(out, choice.at, takeover_->opened, now_us);
  follow(out, choice.at, now_us);
}

void selection::follow(selection_actions& out, marker_id at, std::uint64_t now_us) {
  const bool there = std::ranges::all_of(
      last_answers_, [&](const reported& a) { return a.target == at && a.applied == at; });
  if (there) out.emplace_back(group_applied{at});
  if (there || !settings_.follow) return rest(now_us);
  state_.choice = at;
  phase_ = selection_phase::persisting_choice;
  out.emplace_back(persist_selection{state_});
}

void selection::decide_takeover(selection_actions& out, marker_id at, uuid opened,
                                std::uint64_t now_us) {
  for (known_member& m : members_) m.promotion.reset();
  const bool all_there = std::ranges::all_of(
      last_answers_, [&](const reported& a) { return a.promoted && a.promoted->opened == opened; });
  if (all_there && state_.takeover == takeover_decision{at, opened, true})
    return finish(out, now_us);
  state_.takeover = takeover_decision{at, opened, false};
  state_.choice = at;
  phase_ = selection_phase::persisting_choice;
  out.emplace_back(persist_selection{state_});
}

selection_actions selection::on_persisted(std::uint64_t now_us) {
  selection_actions out;
  if (phase_ == selection_phase::persisting_epoch)
    begin_report(out, now_us);
  else if (phase_ == selection_phase::persisting_choice)
    begin_step(out, selection_phase::applying, now_us);
  else if (phase_ == selection_phase::persisting_end)
    finish(out, now_us);
  return out;
}

void selection::finish(selection_actions& out, std::uint64_t now_us) {
  phase_ = selection_phase::taken_over;
  takeover_finished end{*state_.takeover, decided_because_, {}};
  for (const known_member& m : members_) end.members.push_back(m.promotion);
  out.emplace_back(std::move(end));
  takeover_.reset();
  if (!plans_.empty()) begin_report(out, now_us);
}

void selection::rest(std::uint64_t now_us) {
  phase_ = selection_phase::idle;
  due_us_ = takeover_ || !plans_.empty() ? now_us : now_us + settings_.interval_us;
}

// ---- requests

selection_actions selection::plan(std::uint64_t request, std::optional<marker_number> named,
                                  std::uint64_t now_us) {
  selection_actions out;
  plans_.push_back({request, named, now_us + request_wait_us});
  if (phase_ == selection_phase::replaced)
    refuse_all(out, {EPERM, obstacle()});
  else if (phase_ == selection_phase::idle || phase_ == selection_phase::taken_over)
    begin_report(out, now_us);
  return out;
}

selection_actions selection::take_over(std::optional<marker_number> named, uuid opened,
                                       std::uint64_t now_us) {
  selection_actions out;
  if (takeover_) return {takeover_refused{{EBUSY, "a takeover is under way"}}};
  takeover_ = takeover_request{named, opened, now_us + request_wait_us};
  switch (phase_) {
    case selection_phase::idle:
    case selection_phase::taken_over:
    case selection_phase::reporting:  // again: what was reported a while ago may be old
      begin_report(out, now_us);
      break;
    case selection_phase::replaced:  // a person's word is a start: a new epoch
      take_epoch(out);
      break;
    default:
      break;  // the step under way is finished first
  }
  return out;
}

void selection::refuse_all(selection_actions& out, const error& why) {
  for (const plan_request& p : plans_) out.emplace_back(plan_made{p.request, fail(why), {}});
  plans_.clear();
  if (takeover_) out.emplace_back(takeover_refused{why});
  takeover_.reset();
}

// ---- time

selection_actions selection::on_time(std::uint64_t now_us) {
  selection_actions out;
  expire(out, now_us);
  if (phase_ == selection_phase::idle && now_us >= due_us_) begin_report(out, now_us);
  for (std::size_t i = 0; i < members_.size() && in_step(); ++i) {
    const known_member& m = members_[i];
    if (!m.answered && m.connected && (!m.asked_us || now_us >= *m.asked_us + repeat_us))
      ask(out, i, now_us);
  }
  return out;
}

void selection::expire(selection_actions& out, std::uint64_t now_us) {
  const auto late = [&](const plan_request& p) { return now_us >= p.until_us; };
  for (const plan_request& p : plans_)
    if (late(p)) out.emplace_back(plan_made{p.request, fail(ETIMEDOUT, obstacle()), {}});
  std::erase_if(plans_, late);
  if (!takeover_ || taking_over() || now_us < takeover_->until_us) return;
  out.emplace_back(takeover_refused{{ETIMEDOUT, obstacle()}});
  takeover_.reset();
}

std::uint64_t selection::next_deadline_us() const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  if (phase_ == selection_phase::idle) next = due_us_;
  for (const known_member& m : members_)
    if (in_step() && m.connected && !m.answered)
      next = std::min(next, m.asked_us.value_or(0) + repeat_us);
  for (const plan_request& p : plans_) next = std::min(next, p.until_us);
  if (takeover_ && !taking_over()) next = std::min(next, takeover_->until_us);
  return next;
}

std::string selection::obstacle() const {
  if (phase_ == selection_phase::replaced)
    return "another secondary coordinator, of epoch " + std::to_string(floor_.value) +
           ", is at work";
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const known_member& m = members_[i];
    const std::string& name = settings_.members[i];
    const bool awaited = in_step() && !m.answered;
    if (!m.connected && (awaited || phase_ == selection_phase::gathering))
      return name + " is not connected";
    if (awaited && !m.refused.empty()) return name + " refuses: " + m.refused;
  }
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (in_step() && !members_[i].answered && members_[i].asked_us)
      return settings_.members[i] + " has not answered yet (" + name_of(phase_) + ")";
  return cannot_choose_;
}

}  // namespace cairn

// From answers to a decision: what is chosen, made durable, and then begun.
#include <algorithm>
#include <cerrno>

#include "replication/selection.h"

namespace cairn {
namespace {

// A takeover that was decided before a restart keeps its marker, unless a successor's APPLY has
// gone beyond it: nobody goes back.
marker_id resumed_at(marker_id decided, const selection_choice& choice,
                     const std::vector<reported>& answers) {
  const bool passed =
      std::ranges::any_of(answers, [&](const reported& a) { return a.target > decided; });
  return passed ? choice.at : decided;
}

}  // namespace

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
  // While the state can't be written, only writing it tells when that is over.
  if ((there && !persisting_.trouble()) || !settings_.follow) return rest(now_us);
  state_.choice = at;
  persist(out, selection_phase::persisting_choice);
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
  persist(out, selection_phase::persisting_choice);
}

// ---- persist, then send

void selection::persist(selection_actions& out, selection_phase phase) {
  phase_ = phase;
  persisting_.on_asked();
  out.emplace_back(persist_selection{state_});
}

selection_actions selection::on_persisted(const selection_state& kept, std::uint64_t now_us) {
  selection_actions out;
  persisting_.on_kept();
  durable_ = kept;
  if (kept != state_) return out;  // what came of it was given up meanwhile
  if (phase_ == selection_phase::persisting_epoch)
    begin_report(out, now_us);
  else if (phase_ == selection_phase::persisting_choice)
    begin_step(out, selection_phase::applying, now_us);
  else if (phase_ == selection_phase::persisting_end)
    finish(out, now_us);
  return out;
}

selection_actions selection::on_persist_failed(const selection_state& lost, const error& why,
                                               std::uint64_t now_us) {
  selection_actions out;
  persisting_.on_failed(why, now_us);
  if (persisting_.stopped()) return stop(out, lost), out;
  const bool asked_again =
      phase_ == selection_phase::persisting_epoch || phase_ == selection_phase::persisting_end;
  if (lost != state_ || asked_again) return out;
  state_ = durable_;
  if (phase_ != selection_phase::persisting_choice) return out;
  rest(now_us);
  due_us_ = persisting_.next_us();
  return out;
}

void selection::persist_again(selection_actions& out, std::uint64_t now_us) {
  if (!persisting_.trouble() || !persisting_.may_ask(now_us)) return;
  if (phase_ == selection_phase::persisting_epoch) take_epoch(out);
  if (phase_ == selection_phase::persisting_end) persist(out, phase_);
}

// Whether `lost` is on the disk, the next start will see; it finishes a takeover that it finds.
void selection::stop(selection_actions& out, const selection_state& lost) {
  std::string why = persisting_.trouble()->sentence;
  if (phase_ == selection_phase::persisting_end)
    tell_end(out);  // every member is promoted; only the note of it is missing
  else if (lost.takeover && lost.takeover != durable_.takeover)
    why += "; the takeover at marker " + std::to_string(lost.takeover->at.number.value) +
           " may have been decided, and is finished then";
  refuse_all(out, {EIO, why, error_class::final});
  phase_ = selection_phase::stopped;
}

void selection::tell_end(selection_actions& out) {
  takeover_finished end{*state_.takeover, decided_because_, {}};
  for (const known_member& m : members_) end.members.push_back(m.promotion);
  out.emplace_back(std::move(end));
  takeover_.reset();
}

void selection::finish(selection_actions& out, std::uint64_t now_us) {
  phase_ = selection_phase::taken_over;
  tell_end(out);
  if (!plans_.empty()) begin_report(out, now_us);
}

void selection::rest(std::uint64_t now_us) {
  phase_ = selection_phase::idle;
  due_us_ = takeover_ || !plans_.empty() ? now_us : now_us + settings_.interval_us;
  if (persisting_.trouble()) due_us_ = std::max(due_us_, persisting_.next_us());
}

}  // namespace cairn

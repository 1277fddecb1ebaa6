// What people ask a selection for, what time brings about, and what is told.
#include <algorithm>
#include <cerrno>
#include <limits>

#include "replication/selection.h"

namespace cairn {
namespace {

// A request is repeated when it was not answered for this long; each may be repeated at will.
constexpr std::uint64_t repeat_us = 2'000'000;
// How long a takeover or a plan waits for members before it says that they don't answer.
constexpr std::uint64_t request_wait_us = 10'000'000;

}  // namespace

selection_actions selection::plan(std::uint64_t request, std::optional<marker_number> named,
                                  std::uint64_t now_us) {
  selection_actions out;
  plans_.push_back({request, named, now_us + request_wait_us});
  if (phase_ == selection_phase::replaced)
    refuse_all(out, {EPERM, obstacle()});
  else if (phase_ == selection_phase::stopped)
    refuse_all(out, {EIO, obstacle(), error_class::final});
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
    case selection_phase::stopped:
      refuse_all(out, {EIO, obstacle(), error_class::final});
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
  persist_again(out, now_us);
  if (phase_ == selection_phase::idle && now_us >= due_us_) begin_report(out, now_us);
  for (std::size_t i = 0; i < members_.size() && in_step(); ++i) {
    const known_member& m = members_[i];
    if (!m.answered && m.connected && (!m.asked_us || now_us >= *m.asked_us + repeat_us))
      ask(out, i, now_us);
  }
  return out;
}

// A takeover that waits; one that was decided is carried out.
bool selection::may_expire() const {
  return takeover_ && !taking_over() && phase_ != selection_phase::persisting_end;
}

void selection::expire(selection_actions& out, std::uint64_t now_us) {
  const auto late = [&](const plan_request& p) { return now_us >= p.until_us; };
  for (const plan_request& p : plans_)
    if (late(p)) out.emplace_back(plan_made{p.request, fail(ETIMEDOUT, obstacle()), {}});
  std::erase_if(plans_, late);
  if (!may_expire() || now_us < takeover_->until_us) return;
  out.emplace_back(takeover_refused{{ETIMEDOUT, obstacle()}});
  takeover_.reset();
}

std::uint64_t selection::next_deadline_us() const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  if (phase_ == selection_phase::idle) next = due_us_;
  if (phase_ == selection_phase::persisting_epoch || phase_ == selection_phase::persisting_end)
    next = persisting_.next_us();
  for (const known_member& m : members_)
    if (in_step() && m.connected && !m.answered)
      next = std::min(next, m.asked_us.value_or(0) + repeat_us);
  for (const plan_request& p : plans_) next = std::min(next, p.until_us);
  if (may_expire()) next = std::min(next, takeover_->until_us);
  return next;
}

std::string selection::obstacle() const {
  if (phase_ == selection_phase::replaced)
    return "another secondary coordinator, of epoch " + std::to_string(floor_.value) +
           ", is at work";
  if (persisting_.stopped()) return persisting_.trouble()->sentence;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const known_member& m = members_[i];
    const std::string& name = settings_.members[i];
    const bool awaited = in_step() && !m.answered;
    if (!m.connected && (awaited || phase_ == selection_phase::gathering))
      return name + " is not connected";
    if (awaited && !m.refused.empty()) return name + " refuses: " + m.refused;
  }
  if (const auto& trouble = persisting_.trouble()) return trouble->sentence;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (in_step() && !members_[i].answered && members_[i].asked_us)
      return settings_.members[i] + " has not answered yet (" + name_of(phase_) + ")";
  return cannot_choose_;
}

}  // namespace cairn

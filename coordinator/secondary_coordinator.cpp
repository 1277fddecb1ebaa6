#include "coordinator/secondary_coordinator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace cairn {
namespace {

constexpr std::size_t common_kept = 10'000;
constexpr std::uint64_t settling_us = 3'000'000;
// Following more often costs the secondaries syncs and gains nobody anything: what a takeover may
// use is what is stored, applied or not.
constexpr std::uint64_t follow_interval_min_us = 200'000;

selection_settings settings_of(const coordinator_config& config) {
  selection_settings s;
  s.group = config.group;
  for (const auto& m : config.members) s.members.push_back(m.name);
  const auto interval = static_cast<std::uint64_t>(config.marker_interval.count()) * 1000;
  s.interval_us = std::max(interval, follow_interval_min_us);
  return s;
}

}  // namespace

secondary_coordinator::secondary_coordinator(const coordinator_config& config,
                                             std::unique_ptr<state_store> store,
                                             selection_state state, random_source& random)
    : coordinator_loop(config, std::move(store)),
      selection_(settings_of(config), std::move(state)),
      random_(random) {}

// ---- events

void secondary_coordinator::connected(std::size_t member, const member_hello& hello) {
  perform(selection_.on_connected(member, hello, now_us()));
}

void secondary_coordinator::lost(std::size_t member) { selection_.on_disconnected(member); }

void secondary_coordinator::received(std::size_t member, const control_message& m) {
  const std::uint64_t now = now_us();
  if (const auto* s = std::get_if<member_status>(&m)) arrivals_.saw(s->newest_stored, now);
  if (const auto* r = std::get_if<reported>(&m))
    perform(selection_.on_reported(member, *r, now));
  else if (const auto* a = std::get_if<applied>(&m))
    perform(selection_.on_applied(member, *a, now));
  else if (const auto* p = std::get_if<promoted>(&m))
    perform(selection_.on_promoted(member, *p, now));
  else if (const auto* no = std::get_if<control_refusal>(&m))
    perform(selection_.on_refused(member, *no, now));
}

void secondary_coordinator::time_passed() {
  perform(selection_.on_time(now_us()));
  note_phase();
}

void secondary_coordinator::pace_changed() {
  selection_.set_interval(settings_of(config_).interval_us, now_us());
}

// ---- actions

void secondary_coordinator::perform(const selection_actions& actions) {
  note_common();
  for (const selection_action& a : actions) {
    if (const auto* s = std::get_if<send_control>(&a)) send(s->member, s->message);
    if (const auto* g = std::get_if<group_applied>(&a)) applied_ = g->marker;
    if (const auto* p = std::get_if<plan_made>(&a)) answer_plan(*p);
    if (const auto* r = std::get_if<takeover_refused>(&a)) refuse(r->why);
    if (const auto* f = std::get_if<takeover_finished>(&a)) finish(*f);
    if (const auto* p = std::get_if<persist_selection>(&a)) persist(p->state);
  }
}

void secondary_coordinator::persist(const selection_state& state) {
  if (const auto saved = store_->save(state); !saved)
    perform(selection_.on_persist_failed(state, saved.error(), now_us()));
  else
    perform(selection_.on_persisted(state, now_us()));
}

// What the last REPORT showed to be common and was not known to be.
void secondary_coordinator::note_common() {
  if (selection_.answers().empty()) return;
  std::vector<marker_id> fresh = common_markers(selection_.answers());
  std::erase_if(fresh, [&](marker_id m) { return !common_.empty() && m <= common_.back().marker; });
  for (const marker_id m : fresh) {
    const auto came = arrivals_.of(m);
    common_.push_back(
        {m, came ? came->seen_us : now_us(), came ? came->at_least : !reported_once_});
  }
  reported_once_ = true;
  while (common_.size() > common_kept) common_.pop_front();
  if (fresh.empty()) return;
  history_.add(
      [fresh, at = display_now_ms()](state_store& store) { return store.add_common(fresh, at); });
}

void secondary_coordinator::note_phase() {
  if (const std::string why = selection_.obstacle(); why != told_obstacle_) {
    // A group that has just started has no marker yet; that is no news.
    const bool settled = now_us() > started_us_ + settling_us;
    const bool news = settled && !persisting().trouble();  // told by itself
    const bool refused = news && selection_.phase() == selection_phase::idle && !why.empty();
    if (refused) event("warning", "no marker is applied: " + why, log_event::markers_not_applied);
    if (refused || why.empty()) told_obstacle_ = why;
  }
  if (selection_.phase() == told_phase_) return;
  told_phase_ = selection_.phase();
  if (told_phase_ == selection_phase::replaced)
    event("error",
          selection_.obstacle() +
              "; this one follows no more. Start it again to put it "
              "in charge.",
          log_event::coordinator_replaced);
}

void secondary_coordinator::answer_plan(const plan_made& made) {
  const std::uint64_t now = now_us();
  if (!made.choice) return operations_.fail_with(made.request, made.choice.error(), now);
  takeover_plan plan = plan_of(made.choice->at, made.answers);
  plan.why = made.choice->why;
  if (operation_view* op = operations_.find(made.request)) op->takeover = plan;
  operations_.finish(made.request,
                     "a takeover would be at " + marker_text(plan.at) + ", " + plan.why, now);
}

void secondary_coordinator::refuse(const error& why) {
  event("error", "no takeover: " + why.text, log_event::takeover_failed);
  if (takeover_operation_) operations_.fail_with(*takeover_operation_, why, now_us());
  takeover_operation_.reset();
}

void secondary_coordinator::finish(const takeover_finished& end) {
  takeover_plan plan = plan_of(end.decision.at, selection_.answers());
  plan.why = end.why;
  plan.lineage = end.decision.opened.text();
  std::optional<std::uint64_t> records;  // unknown where all were promoted before this start
  for (std::size_t i = 0; i < end.members.size() && i < plan.members.size(); ++i) {
    if (!end.members[i]) continue;
    plan.members[i].beyond_records = end.members[i]->set_aside_records;
    plan.members[i].beyond_bytes = end.members[i]->set_aside_bytes;
    records = records.value_or(0) + end.members[i]->set_aside_records;
  }
  std::string sentence =
      fmt::format("taken over at {}, lineage {}", marker_text(plan.at), plan.lineage);
  if (records) sentence += fmt::format("; {} records beyond it are set aside", *records);
  event("notice", sentence, log_event::takeover_done);
  if (!takeover_operation_) return;
  if (operation_view* op = operations_.find(*takeover_operation_)) op->takeover = plan;
  operations_.finish(*takeover_operation_, sentence, now_us());
  takeover_operation_.reset();
}

takeover_plan secondary_coordinator::plan_of(marker_id at,
                                             const std::vector<reported>& answers) const {
  takeover_plan plan;
  plan.at = at;
  plan.age = age(at).age;
  const seen_marker* known = seen(at);
  plan.age_at_least = known && known->at_least;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    takeover_member m;
    m.name = board_.name(i);
    m.stored = answers[i].stored;
    for (const stored_marker& e : answers[i].markers)
      if (e.marker == at) m.marker_at = e.at;
    if (m.marker_at && m.stored > m.marker_at)
      m.beyond_records = m.stored.value - m.marker_at.value;
    const member_status* status = board_.status(i);
    if (status && status->applied_marker == at) m.beyond_bytes = status->behind_bytes;
    plan.members.push_back(std::move(m));
  }
  return plan;
}

// ---- what is shown

const secondary_coordinator::seen_marker* secondary_coordinator::seen(marker_id marker) const {
  const auto at = std::ranges::lower_bound(common_, marker, {}, &seen_marker::marker);
  return at != common_.end() && at->marker == marker ? &*at : nullptr;
}

marker_age secondary_coordinator::age(marker_id marker) const {
  const seen_marker* known = seen(marker);
  return {marker, known ? age_of(known->seen_us, now_us()) : std::nullopt};
}

void secondary_coordinator::fill(group_snapshot& s) {
  s.current = selection_.state().current;
  s.phase = name_of(selection_.phase());
  if (!common_.empty()) {
    s.stored = s.sealed = age(common_.back().marker);
    s.rpo_now = s.stored.age;
    s.rpo_at_least = common_.back().at_least;
  }
  if (applied_) s.applied = age(applied_);
  if (const auto& t = selection_.state().takeover; t && t->finished) {
    s.taken_over_at = t->at;
    s.taken_over_lineage = t->opened.text();
  }
  s.holding = holdback(s);
}

std::optional<held_back> secondary_coordinator::holdback(const group_snapshot& s) const {
  const std::string obstacle = selection_.obstacle();
  const auto& trouble = persisting().trouble();
  if (selection_.phase() == selection_phase::replaced || (trouble && obstacle == trouble->sentence))
    return held_back{"", obstacle, {}};
  if (s.taken_over_at) return std::nullopt;
  if (auto found = find_holdback(s)) return found;
  const std::uint64_t late_ms = std::max(3 * s.interval_ms, 3 * s.poll_ms);
  if (s.rpo_now.value_or(~0ULL) <= late_ms) return std::nullopt;
  if (auto found = find_waiting_destaging(s)) return found;
  if (!obstacle.empty()) return held_back{"", obstacle, {}};
  // The one whose newest sealed marker is oldest is the one that the others wait for.
  const member_view* last = nullptr;
  for (const member_view& m : s.members)
    if (m.status && (!last || m.status->newest_stored < last->status->newest_stored)) last = &m;
  if (!last) return std::nullopt;
  return held_back{last->name, "no new sealed marker has arrived from its primary", {}};
}

void secondary_coordinator::mark_known(std::vector<marker_view>& markers) {
  for (marker_view& m : markers) {
    m.stored = m.outcome == "sealed";
    m.applied = applied_ && m.marker <= applied_;
  }
}

// ---- commands

result<std::uint64_t> secondary_coordinator::begin_plan(std::optional<marker_number> at) {
  const auto id = operations_.begin("takeover-plan", "asks the secondaries", now_us());
  perform(selection_.plan(id, at, now_us()));
  return id;
}

result<std::uint64_t> secondary_coordinator::begin_takeover(std::optional<marker_number> at) {
  if (persisting().stopped())
    return fail(EIO, persisting().trouble()->sentence, error_class::final);
  if (takeover_operation_) return fail(EBUSY, "a takeover is under way already");
  const auto id = operations_.begin("takeover", "asks the secondaries", now_us());
  takeover_operation_ = id;
  event("notice",
        at ? fmt::format("takeover at marker {} asked for", at->value)
           : std::string("takeover asked for"),
        log_event::takeover_asked);
  perform(selection_.take_over(at, random_.make_uuid(), now_us()));
  return id;
}

void secondary_coordinator::describe(operation_view& view) {
  const std::string obstacle = selection_.obstacle();
  view.sentence =
      std::string(name_of(selection_.phase())) + (obstacle.empty() ? "" : ": " + obstacle);
}

}  // namespace cairn

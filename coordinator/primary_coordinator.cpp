#include "coordinator/primary_coordinator.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace cairn {
namespace {

constexpr std::size_t rounds_kept = 4096;
constexpr std::size_t demands_max = 100;
constexpr unsigned voids_worth_a_line = 3;
constexpr std::uint64_t demand_wait_us = 30'000'000;
constexpr std::uint64_t hold_bounds_us[] = {100,   200,    500,    1'000,  2'000,
                                            5'000, 10'000, 20'000, 50'000, 0};

round_settings settings_of(const coordinator_config& config) {
  round_settings s;
  for (const auto& m : config.members) s.members.push_back(m.name);
  s.interval_us = static_cast<std::uint64_t>(config.marker_interval.count()) * 1000;
  s.hold_limit_us = static_cast<std::uint64_t>(config.hold_limit.count()) * 1000;
  return s;
}

const char* name_of(round_outcome outcome) {
  switch (outcome) {
    case round_outcome::sealed:
      return "sealed";
    case round_outcome::voided:
      return "void";
    case round_outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace

primary_coordinator::primary_coordinator(const coordinator_config& config,
                                         std::unique_ptr<state_store> store, marker_id last)
    : coordinator_loop(config, std::move(store)), round_(settings_of(config), last) {
  for (const std::uint64_t bound : hold_bounds_us) counters_.holds.push_back({bound, 0});
}

// ---- events

void primary_coordinator::connected(std::size_t member, const member_hello& hello) {
  perform(round_.on_connected(member, hello, now_us()));
}

void primary_coordinator::lost(std::size_t member) {
  perform(round_.on_disconnected(member, now_us()));
}

void primary_coordinator::received(std::size_t member, const control_message& m) {
  const std::uint64_t now = now_us();
  if (const auto* i = std::get_if<inserted>(&m))
    perform(round_.on_inserted(member, *i, now));
  else if (const auto* s = std::get_if<member_status>(&m))
    perform(round_.on_status(member, *s, now));
  else if (const auto* r = std::get_if<control_refusal>(&m))
    perform(round_.on_refused(member, *r, now));
  else if (const auto* o = std::get_if<outcome>(&m)) {
    count_hold(o->held_us);
    perform(round_.on_outcome(member, *o, now));
  }
  if (round_.replaced_by() && !std::exchange(said_replaced_, true))
    event("error",
          round_.obstacle(now) +
              "; this one makes no more markers. Start it again to put it in charge.",
          log_event::coordinator_replaced);
}

void primary_coordinator::time_passed() {
  const std::uint64_t now = now_us();
  perform(round_.on_time(now));
  const auto late = [&](const waiting_demand& d) { return now >= d.until_us; };
  for (const auto& d : demands_)
    if (late(d))
      operations_.fail_with(
          d.operation,
          {ETIMEDOUT, d.because.empty() ? "no round began: " + round_.obstacle(now) : d.because},
          now);
  std::erase_if(demands_, late);
}

void primary_coordinator::pace_changed() {
  const auto now = settings_of(config_);
  round_.set_pace(now.interval_us, now.hold_limit_us, now_us());
}

// ---- actions

void primary_coordinator::perform(const round_actions& actions) {
  for (const round_action& a : actions) {
    if (const auto* p = std::get_if<persist_marker>(&a)) persist(p->marker);
    if (const auto* s = std::get_if<send_control>(&a)) deliver(*s);
    if (const auto* e = std::get_if<round_ended>(&a)) end(*e);
  }
}

void primary_coordinator::persist(marker_id marker) {
  known_round r;
  r.view.marker = marker;
  r.view.outcome = "running";
  r.view.display_unix_ms = display_now_ms();
  for (const waiting_demand& d : demands_) {
    r.asked_by.push_back(d);
    if (!d.name.empty()) r.view.name += (r.view.name.empty() ? "" : ", ") + d.name;
  }
  if (const auto taken = store_->take_marker(marker, r.view.name); !taken) {
    perform(round_.on_persist_failed(marker, taken.error(), now_us()));
    if (persisting().stopped())
      fail_demands({EIO, persisting().trouble()->sentence, error_class::final});
    return;
  }
  demands_.clear();
  ++counters_.begun;
  r.begun_us = now_us();
  rounds_.push_back(std::move(r));
  if (rounds_.size() > rounds_kept) rounds_.pop_front();
  perform(round_.on_persisted(marker, now_us()));
}

void primary_coordinator::fail_demands(const error& why) {
  for (const waiting_demand& d : demands_) operations_.fail_with(d.operation, why, now_us());
  demands_.clear();
}

void primary_coordinator::deliver(const send_control& s) {
  const bool delayed = config_.delay_mark && std::holds_alternative<mark>(s.message) &&
                       config_.delay_mark->first == board_.name(s.member);
  if (!delayed) return send(s.member, s.message);
  const auto timer = std::make_shared<asio::steady_timer>(io_, config_.delay_mark->second);
  timer->async_wait([this, timer, s](const std::error_code& ec) {
    if (!ec) send(s.member, s.message);
  });
}

void primary_coordinator::end(const round_ended& e) {
  const auto at = std::find_if(rounds_.rbegin(), rounds_.rend(),
                               [&](const known_round& r) { return r.view.marker == e.marker; });
  if (at == rounds_.rend()) return;
  at->view.outcome = name_of(e.outcome);
  at->view.reason = e.reason;
  at->view.held_max_us = e.held_max_us;
  at->view.round_us = e.round_us;
  if (e.round_us) counters_.last_round_us = e.round_us;
  ++(e.outcome == round_outcome::sealed   ? counters_.sealed
     : e.outcome == round_outcome::voided ? counters_.voided
                                          : counters_.unknown);
  history_.add([ended = at->view](state_store& store) { return store.end_marker(ended); });
  tell_change(e);
  answer(at->view, std::exchange(at->asked_by, {}));
}

// A single void is listed with the markers; several in a row are worth a line, and their end.
void primary_coordinator::tell_change(const round_ended& e) {
  if (e.outcome == round_outcome::sealed) {
    if (voids_in_a_row_ >= voids_worth_a_line)
      event("notice", marker_text(e.marker) + " is sealed: markers are made again",
            log_event::markers_made_again);
    voids_in_a_row_ = 0;
    last_void_.clear();
  }
  if (e.outcome != round_outcome::voided) return;
  last_void_ = e.reason.empty() ? "void" : e.reason;
  if (++voids_in_a_row_ == voids_worth_a_line)
    event("warning",
          "several markers in a row are void, the last one " + marker_text(e.marker) + ": " +
              e.reason,
          log_event::markers_fail);
}

void primary_coordinator::answer(const marker_view& made, std::vector<waiting_demand> asked_by) {
  for (waiting_demand& d : asked_by) {
    if (operation_view* op = operations_.find(d.operation)) op->marker = made;
    if (made.outcome == "sealed") {
      operations_.finish(d.operation, marker_text(made.marker) + " is sealed at every member",
                         now_us());
      continue;
    }
    d.because = marker_text(made.marker) + " is " + made.outcome + ": " + made.reason;
    demands_.push_back(std::move(d));
  }
}

void primary_coordinator::count_hold(std::uint64_t held_us) {
  for (hold_bucket& b : counters_.holds) {
    if (b.up_to_us && held_us > b.up_to_us) continue;
    ++b.count;
    return;
  }
}

// ---- what is shown

// The newest marker that every primary knows to be stored, with its seal, at its peer.
marker_number primary_coordinator::stored_everywhere() const {
  marker_number lowest(std::numeric_limits<std::uint64_t>::max());
  for (std::size_t i = 0; i < board_.size(); ++i) {
    const member_status* s = board_.status(i);
    lowest = std::min(lowest, s ? s->newest_stored.number : marker_number());
  }
  return lowest;
}

const primary_coordinator::known_round* primary_coordinator::newest_sealed(
    marker_number up_to) const {
  for (auto r = rounds_.rbegin(); r != rounds_.rend(); ++r)
    if (r->view.outcome == "sealed" && r->view.marker.number <= up_to) return &*r;
  return nullptr;
}

void primary_coordinator::fill(group_snapshot& s) {
  const std::uint64_t now = now_us();
  s.current = round_.current();
  s.phase = round_.replaced_by()     ? "replaced"
            : persisting().stopped() ? "stopped"
                                     : "making markers";
  s.rounds = counters_;
  s.rounds.skipped = round_.skipped();
  s.rounds.interval_ms = round_.interval_us() / 1000;
  const known_round* sealed = newest_sealed(marker_number(~0ULL));
  const known_round* stored = newest_sealed(stored_everywhere());
  if (sealed) s.sealed = {sealed->view.marker, age_of(sealed->begun_us, now)};
  if (stored) s.stored = {stored->view.marker, age_of(stored->begun_us, now)};
  s.rpo_now = stored ? s.stored.age : age_of(started_us_, now);
  s.rpo_at_least = !stored;
  s.holding = holdback(s);
}

std::optional<held_back> primary_coordinator::holdback(const group_snapshot& s) const {
  if (round_.replaced_by() || persisting().stopped())
    return held_back{"", round_.obstacle(now_us()), {}};
  if (auto found = find_holdback(s)) return found;
  if (const auto& trouble = persisting().trouble()) return held_back{"", trouble->sentence, {}};
  const std::uint64_t late_ms = std::max(3 * s.interval_ms, 2 * s.poll_ms);
  if (*s.rpo_now <= late_ms) return std::nullopt;
  if (s.sealed.age.value_or(~0ULL) > late_ms) {
    if (const auto by = round_.hindered(now_us()))
      return held_back{by->member ? board_.name(*by->member) : "", by->why, {}};
    if (!last_void_.empty()) return held_back{"", "markers are void: " + last_void_, {}};
  }
  for (std::size_t i = 0; i < board_.size(); ++i) {
    const member_status* m = board_.status(i);
    if (m && m->newest_stored.number < s.sealed.marker.number)
      return held_back{board_.name(i),
                       "its secondary lacks " + std::to_string(m->behind_records) + " records",
                       {}};
  }
  return std::nullopt;
}

void primary_coordinator::mark_known(std::vector<marker_view>& markers) {
  const marker_number stored = stored_everywhere();
  for (marker_view& m : markers) m.stored = m.outcome == "sealed" && m.marker.number <= stored;
}

// ---- commands

result<std::uint64_t> primary_coordinator::begin_marker(const std::string& name) {
  if (persisting().stopped())
    return fail(EIO, persisting().trouble()->sentence, error_class::final);
  if (round_.replaced_by()) return fail(EPERM, round_.obstacle(now_us()));
  if (demands_.size() == demands_max) return fail(EBUSY, "too many markers are asked for already");
  const std::uint64_t now = now_us();
  const auto id = operations_.begin("marker", "waits for a round", now);
  demands_.push_back({id, name, now + demand_wait_us});
  perform(round_.demand(now));
  return id;
}

void primary_coordinator::describe(operation_view& view) {
  const bool waits = std::ranges::any_of(
      demands_, [&](const waiting_demand& d) { return d.operation == view.id; });
  const std::string obstacle = round_.obstacle(now_us());
  if (waits && !obstacle.empty()) view.sentence = "waits for a round: " + obstacle;
}

}  // namespace cairn

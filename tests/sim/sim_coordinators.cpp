#include "tests/sim/sim_coordinators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace cairn::sim {

sim_coordinator::sim_coordinator(world& w, std::vector<sim_gateway*> gateways,
                                 std::vector<std::string> names)
    : world_(w),
      gateways_(std::move(gateways)),
      names_(std::move(names)),
      wires_(gateways_.size()),
      said_(gateways_.size()),
      greeted_(gateways_.size()) {}

void sim_coordinator::after(time_us delay, std::function<void()> what) {
  world_.after(delay, [this, mine = generation_, what = std::move(what)] {
    if (mine != generation_) return;
    if (world_.now() < paused_until_) return after(paused_until_ - world_.now(), what);
    what();
  });
}

void sim_coordinator::start() {
  if (up_) return;
  up_ = true;
  ++generation_;
  paused_until_ = written_at_ = 0;
  breaks_ = broken_ = false;  // people have mended the disk
  on_start();
  for (std::size_t i = 0; i < gateways_.size(); ++i) dial(i);
  arm();
}

void sim_coordinator::die() {
  up_ = false;
  ++generation_;
  for (auto& w : wires_) {
    if (w) w->cut(0);
    w.reset();
  }
}

void sim_coordinator::pause(time_us length) { paused_until_ = world_.now() + length; }

void sim_coordinator::cut(std::size_t member) {
  if (wires_[member]) wires_[member]->drop();
}

void sim_coordinator::dial(std::size_t member) {
  auto* gateway = gateways_[member];
  if (!gateway->ready())
    return after(world_.random.between(1'000, 10'000), [this, member] { dial(member); });
  auto c = std::make_shared<control_connection>(world_);
  wires_[member] = c;
  greeted_[member] = false;
  const auto mine = generation_;
  c->attach(0, {[this, member, mine](const control_message& m) {
                  if (mine != generation_) return;
                  const auto* h = std::get_if<member_hello>(&m);
                  if (h) send_again(member);
                  if (h)
                    on_hello(member, *h);
                  else
                    on_message(member, m);
                  arm();
                },
                [this, member, mine] {
                  if (mine != generation_) return;
                  wires_[member].reset();
                  on_lost(member);
                  arm();
                  after(world_.random.between(500, 5'000), [this, member] { dial(member); });
                },
                [this] { return world_.now() < paused_until_; }});
  gateway->control.accept(c);
}

// ---- the state's disk

void sim_coordinator::lock_state(time_us length) { locked_until_ = world_.now() + length; }

void sim_coordinator::persist(std::function<void()> keep,
                              std::function<void(const result<void>&)> tell) {
  written_at_ = std::max(written_at_, world_.now()) + world_.random.below(1'000);
  after(written_at_ - world_.now(), [this, keep = std::move(keep), tell = std::move(tell)] {
    after(world_.random.below(300), [this, told = write(keep), tell] {
      tell(told);
      arm();
    });
  });
}

result<void> sim_coordinator::write(const std::function<void()>& keep) {
  if (broken_) return fail(EIO, "the state's disk has failed before", error_class::final);
  if (world_.now() < locked_until_) {
    world_.met.meet(situation::state_locked);
    return fail(EBUSY, "the state is locked");
  }
  broken_ = std::exchange(breaks_, false);
  if (!broken_ || world_.random.chance(50)) keep();
  if (!broken_) return {};
  world_.met.meet(situation::state_failed);
  return fail(EIO, "the state's disk has failed", error_class::final);
}

void sim_coordinator::send(const send_control& s) {
  check_kept(s.message);
  if (std::holds_alternative<mark>(s.message)) said_[s.member].clear();
  if (std::holds_alternative<mark>(s.message) || !said_[s.member].empty())
    said_[s.member].push_back(s.message);
  if (wires_[s.member]) wires_[s.member]->send(0, s.message, true);
}

// What a member was told before its connection broke comes once more on the new one: a member that
// has lost a marker in between must not be led to believe that it held it all the time.
void sim_coordinator::send_again(std::size_t member) {
  if (!world_.faults || !world_.random.chance(40)) return;
  for (const auto& m : said_[member])
    if (wires_[member]) wires_[member]->send(0, m);
}

void sim_coordinator::arm() {
  const auto at = next_deadline_us();
  if (!up_ || at == ~std::uint64_t{0}) return;
  after(at > world_.now() ? at - world_.now() : 500, [this, mine = ++armed_] {
    if (mine == armed_) turn();
  });
}

void sim_coordinator::turn() {
  on_time();
  arm();
}

// ---- primary

void sim_primary_coordinator::on_start() {
  round_settings s;
  s.members = names_;
  s.interval_us = 40'000;
  s.hold_limit_us = 10'000;
  s.persist_pause_us = 2'000;
  rounds_.emplace(std::move(s), stored);
}

void sim_primary_coordinator::on_hello(std::size_t member, const member_hello& h) {
  perform(rounds_->on_connected(member, h, world_.now()));
}

void sim_primary_coordinator::on_lost(std::size_t member) {
  perform(rounds_->on_disconnected(member, world_.now()));
}

void sim_primary_coordinator::on_time() { perform(rounds_->on_time(world_.now())); }

void sim_primary_coordinator::demand() {
  if (up()) perform(rounds_->demand(world_.now()));
}

void sim_primary_coordinator::on_message(std::size_t member, const control_message& m) {
  const auto now = world_.now();
  if (const auto* i = std::get_if<inserted>(&m)) perform(rounds_->on_inserted(member, *i, now));
  if (const auto* o = std::get_if<outcome>(&m)) perform(rounds_->on_outcome(member, *o, now));
  if (const auto* s = std::get_if<member_status>(&m)) perform(rounds_->on_status(member, *s, now));
  if (const auto* r = std::get_if<control_refusal>(&m))
    perform(rounds_->on_refused(member, *r, now));
}

void sim_primary_coordinator::perform(const round_actions& actions) {
  for (const auto& a : actions) {
    if (const auto* s = std::get_if<send_control>(&a)) send(*s);
    if (const auto* p = std::get_if<persist_marker>(&a)) persist_number(p->marker);
    if (const auto* e = std::get_if<round_ended>(&a)) {
      SIM_TRACE(world_, "marker {} of epoch {}: {} {}", e->marker.number.value,
                e->marker.made_in.value,
                e->outcome == round_outcome::sealed ? "sealed" : "not sealed", e->reason);
      if (e->outcome == round_outcome::sealed) newest_sealed = std::max(newest_sealed, e->marker);
    }
  }
}

void sim_primary_coordinator::persist_number(marker_id marker) {
  persist([this, marker] { stored = marker; },
          [this, marker](const result<void>& kept) {
            const auto now = world_.now();
            perform(kept ? rounds_->on_persisted(marker, now)
                         : rounds_->on_persist_failed(marker, kept.error(), now));
          });
}

void sim_primary_coordinator::check_kept(const control_message& m) const {
  const auto* k = std::get_if<mark>(&m);
  if (k && stored != k->marker) world_.fail("MARK left before its number was kept");
}

// ---- secondary

void sim_secondary_coordinator::on_start() {
  selection_settings s;
  s.group = "sim";
  s.members = names_;
  s.interval_us = 50'000;
  s.persist_pause_us = 2'000;
  selection_.emplace(std::move(s), stored);
}

void sim_secondary_coordinator::on_hello(std::size_t member, const member_hello& h) {
  perform(selection_->on_connected(member, h, world_.now()));
}

void sim_secondary_coordinator::on_message(std::size_t member, const control_message& m) {
  const auto now = world_.now();
  const auto was = selection_->phase();
  if (const auto* r = std::get_if<reported>(&m)) {
    auto actions = selection_->on_reported(member, *r, now);
    if (was == selection_phase::reporting && selection_->phase() != was) look_at_answers();
    perform(actions);
  }
  if (const auto* a = std::get_if<applied>(&m)) perform(selection_->on_applied(member, *a, now));
  if (const auto* p = std::get_if<promoted>(&m)) perform(selection_->on_promoted(member, *p, now));
  if (const auto* r = std::get_if<control_refusal>(&m))
    perform(selection_->on_refused(member, *r, now));
}

void sim_secondary_coordinator::look_at_answers() {
  marker_id least;
  bool first = true, any_empty = false;
  for (const auto& a : selection_->answers()) {
    if (a.markers.empty()) any_empty = true;
    if (any_empty) break;
    least = first ? a.markers.back().marker : std::min(least, a.markers.back().marker);
    first = false;
  }
  if (any_empty || first) return;
  const auto common = common_markers(selection_->answers());
  if (std::ranges::find(common, least) == common.end()) world_.met.meet(situation::set_not_minimum);
  if (must_refuse && selection_->obstacle().find("another set of members") != std::string::npos)
    world_.met.meet(situation::membership_mismatch);
}

void sim_secondary_coordinator::perform(const selection_actions& actions) {
  for (const auto& a : actions) perform(a);
}

void sim_secondary_coordinator::perform(const selection_action& a) {
  if (const auto* s = std::get_if<send_control>(&a)) send(*s);
  if (const auto* p = std::get_if<persist_selection>(&a)) persist_state(p->state);
  if (const auto* g = std::get_if<group_applied>(&a)) {
    SIM_TRACE(world_, "the group stands at marker {}", g->marker.number.value);
    newest_applied = std::max(newest_applied, g->marker);
  }
  if (const auto* r = std::get_if<takeover_refused>(&a))
    SIM_TRACE(world_, "takeover refused: {}", r->why.text);
  if (std::holds_alternative<takeover_finished>(a)) taken_over = true;
}

void sim_secondary_coordinator::check_kept(const control_message& m) const {
  const auto* r = std::get_if<report>(&m);
  const auto* a = std::get_if<apply>(&m);
  const auto* p = std::get_if<promote>(&m);
  if (r && stored.current != r->selection_epoch)
    world_.fail("REPORT left before its epoch was kept");
  if (a && stored.choice != a->marker) world_.fail("APPLY left before its choice was kept");
  if (p && stored.takeover != takeover_decision{p->marker, p->opened, false})
    world_.fail("PROMOTE left before the takeover was kept");
}

void sim_secondary_coordinator::persist_state(const selection_state& state) {
  if (state.choice != stored.choice) {
    // One that others have decided, for a takeover, may be finished where it was begun.
    const bool begun = std::ranges::any_of(
        gateways_, [&](auto* g) { return oracle_.has_own_journal(g->index()); });
    if (must_refuse && !begun) world_.fail("a coordinator with a member too few chose a marker");
    SIM_TRACE(world_, "secondary coordinator chooses marker {}{}", state.choice.number.value,
              state.takeover ? " for a takeover" : "");
    oracle_.check_cut(state.choice);
  }
  if (state.choice != stored.choice && hangs_once_chosen != 0)
    pause(std::exchange(hangs_once_chosen, 0));
  persist([this, state] { stored = state; },
          [this, state](const result<void>& kept) {
            const auto now = world_.now();
            if (!kept && state.takeover) world_.met.meet(situation::takeover_not_kept);
            perform(kept ? selection_->on_persisted(state, now)
                         : selection_->on_persist_failed(state, kept.error(), now));
          });
}

bool sim_secondary_coordinator::nothing_to_take() const {
  if (!up() || selection_->answers().size() != gateways_.size()) return false;
  for (auto* g : gateways_)  // what they know, not what they tell
    if (!g->ready() || g->core().log().state().target) return false;
  return common_markers(selection_->answers()).empty();
}

void sim_secondary_coordinator::take_over(std::optional<marker_number> named) {
  if (!up()) return;
  perform(selection_->take_over(named, world_.random.make_uuid(), world_.now()));
  arm();
}

}  // namespace cairn::sim

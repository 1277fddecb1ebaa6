#include "tests/sim/sim_control.h"

#include <fmt/format.h>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {

void sim_control::accept(std::shared_ptr<control_connection> c) {
  connections_.push_back(c);
  const std::weak_ptr<control_connection> weak = c;
  c->attach(1, {[this, weak](const control_message& m) {
                  const auto live = weak.lock();
                  if (live && owner_.up()) obey(live, m);
                },
                [] {}, [this] { return busy_ || !owner_.may_wait(); }});
  c->send(1, owner_.core().welcome());
}

void sim_control::died() {
  for (auto& weak : connections_)
    if (const auto c = weak.lock()) c->cut(1);
  connections_.clear();
  busy_ = false;
}

// What the judge learns from an answer, before it goes out.
void sim_control::answer(const std::shared_ptr<control_connection>& c, const control_message& m) {
  if (!owner_.up()) return;
  if (const auto* o = std::get_if<outcome>(&m)) {
    if (o->sealed) oracle_.seal_told(owner_.index(), o->marker);
    if (!o->sealed) world_.met.meet(situation::void_marker);
  }
  if (const auto* r = std::get_if<reported>(&m)) oracle_.reported_by(owner_.index(), r->markers);
  if (std::holds_alternative<applied>(m)) oracle_.check_volumes(owner_.index(), owner_.core());
  if (std::holds_alternative<promoted>(m)) {
    oracle_.promoted(owner_.index(), *owner_.core().log().state().promoted);
    oracle_.check_volumes(owner_.index(), owner_.core());
  }
  if (const auto* no = std::get_if<control_refusal>(&m)) {
    SIM_TRACE(world_, "gateway {} refuses {}: {}", owner_.index(), no->about, no->reason);
    if (no->reason.find(" is over") != std::string::npos)
      world_.met.meet(situation::stale_coordinator);
  }
  c->send(1, m);
}

void sim_control::release_hold(const release& r) {
  const bool held = owner_.core().hold_deadline().has_value();
  owner_.core().on_release(r, owner_.clock());
  if (owner_.up() && held == owner_.core().hold_deadline().has_value())
    world_.met.meet(situation::release_ignored);
}

// Between INSERTED and RELEASE a restart matters most.
void sim_control::die_in_round() {
  if (!world_.faults || !world_.random.chance(3)) return;
  owner_.after(world_.random.below(4'000), [this] { owner_.die(true); });
  owner_.start_later(world_.random.between(4'000, 12'000));
}

void sim_control::obey(const std::shared_ptr<control_connection>& c, const control_message& m) {
  auto& core = owner_.core();
  busy_ = true;
  const std::weak_ptr<control_connection> weak = c;
  const auto to = [this, weak](const control_message& a) {
    if (const auto live = weak.lock()) answer(live, a);
  };
  if (const auto* k = std::get_if<mark>(&m)) {
    SIM_TRACE(world_, "gateway {}: MARK({}, epoch {})", owner_.index(), k->marker.number.value,
              k->marker.made_in.value);
    core.on_mark(*k, owner_.clock(), to);
    die_in_round();
  } else if (const auto* r = std::get_if<release>(&m)) {
    SIM_TRACE(world_, "gateway {}: RELEASE({})", owner_.index(), r->marker.number.value);
    release_hold(*r);
  } else if (const auto* a = std::get_if<abandon>(&m)) {
    core.on_abandon(*a, owner_.clock());
  } else if (std::holds_alternative<status_request>(m)) {
    to(core.status());
  } else if (const auto* q = std::get_if<report>(&m)) {
    to(core.on_report(*q));
  } else if (const auto* y = std::get_if<apply>(&m)) {
    SIM_TRACE(world_, "gateway {}: APPLY({})", owner_.index(), y->marker.number.value);
    to(core.on_apply(*y));
  } else if (const auto* p = std::get_if<promote>(&m)) {
    SIM_TRACE(world_, "gateway {}: PROMOTE({})", owner_.index(), p->marker.number.value);
    to(core.on_promote(*p));
  }
  busy_ = false;
}

}  // namespace cairn::sim

#include "tests/sim/sim_control.h"

#include <fmt/format.h>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {

void sim_control::accept(std::shared_ptr<control_connection> c) {
  connections_.push_back(c);
  const std::weak_ptr<control_connection> weak = c;
  const auto session =
      std::make_shared<control_session>(owner_.core(), [this, weak](const control_message& a) {
        if (const auto live = weak.lock()) answer(live, a);
      });
  c->attach(1, {[this, session](const control_message& m) {
                  if (owner_.up()) obey(*session, m);
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
    if (!o->sealed && owner_.odd_clock()) world_.met.meet(situation::odd_clock);
  }
  if (const auto* r = std::get_if<reported>(&m)) oracle_.reported_by(owner_.index(), r->markers);
  if (std::holds_alternative<applied>(m)) oracle_.check_volumes(owner_.index(), owner_.core());
  if (std::holds_alternative<promoted>(m)) {
    oracle_.promoted(owner_.index(), *owner_.core().log().state().promoted, owner_.core());
    oracle_.check_volumes(owner_.index(), owner_.core());
  }
  if (const auto* no = std::get_if<control_refusal>(&m)) {
    SIM_TRACE(world_, "gateway {} refuses {}: {}", owner_.index(), no->about, no->reason);
    if (no->reason.find(" is over") != std::string::npos)
      world_.met.meet(situation::stale_coordinator);
  }
  c->send(1, m);
}

// Between INSERTED and RELEASE a restart matters most.
void sim_control::die_in_round() {
  if (!world_.faults || !world_.random.chance(3)) return;
  owner_.after(world_.random.below(4'000), [this] { owner_.die(true); });
  owner_.start_later(world_.random.between(4'000, 12'000));
}

void sim_control::trace(const control_message& m) const {
  const auto told = [&](const char* what, marker_id about) {
    SIM_TRACE(world_, "gateway {}: {}({}, epoch {})", owner_.index(), what, about.number.value,
              about.made_in.value);
  };
  if (const auto* k = std::get_if<mark>(&m)) told("MARK", k->marker);
  if (const auto* r = std::get_if<release>(&m)) told("RELEASE", r->marker);
  if (const auto* a = std::get_if<apply>(&m)) told("APPLY", a->marker);
  if (const auto* p = std::get_if<promote>(&m)) told("PROMOTE", p->marker);
}

void sim_control::obey(control_session& session, const control_message& m) {
  const auto turn = turn_of(m);
  if (!turn || !session.admit(*turn)) return;
  trace(m);
  busy_ = true;
  const bool held = owner_.core().hold_deadline().has_value();
  session.obey(m, owner_.clock());
  if (std::holds_alternative<release>(m) && owner_.up() &&
      held == owner_.core().hold_deadline().has_value())
    world_.met.meet(situation::release_ignored);
  if (std::holds_alternative<mark>(m)) die_in_round();
  busy_ = false;
}

}  // namespace cairn::sim

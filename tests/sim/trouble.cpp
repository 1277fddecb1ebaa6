// What goes wrong in a run.
#include <fmt/format.h>

#include "tests/sim/site_pair.h"

namespace cairn::sim {

void site_pair::trouble(time_us length) {
  for (const auto end = world_.now() + length; world_.now() < end;) {
    world_.run_until(world_.now() + world_.random.between(1'000, 25'000));
    mishap();
    if (hosts_.size() > 1 && world_.random.chance(20)) hosts_[0]->hear(*hosts_[1]);
  }
}

void site_pair::mishap() {
  const auto member = world_.random.below(members_);
  switch (world_.random.below(15)) {
    case 0:
    case 1:
    case 2:
      if (!first_site_lost_) mishap_of(*gateways_[member]);
      break;
    case 3:
    case 4:
      mishap_of(*gateways_[members_ + member]);
      break;
    case 5:
      cut_link(member);
      break;
    case 6:
      if (!first_site_lost_) restart_unheard(member);
      break;
    case 7:
      gateways_[member]->sender.cut();
      break;
    case 8:
    case 9:
      if (!first_site_lost_) mishap_of_primary_coordinator();
      break;
    case 10:
    case 11:
      mishap_of_secondary_coordinator();
      break;
    case 12:
      if (world_.random.chance(50)) put_wrong_coordinator();
      break;
    case 13:
      if (world_.random.chance(50) && !first_site_lost_)
        mishap_of_state(*primary_[0]);
      else
        mishap_of_state(*secondary_[0]);
      break;
    default:
      break;
  }
}

void site_pair::mishap_of(sim_gateway& g) {
  if (!g.up()) return;
  const bool power = world_.random.chance(50);
  if (world_.random.chance(60))
    g.die_later(power, static_cast<unsigned>(world_.random.between(1, 12)));
  else
    g.die(power);
  if (g.index() >= members_) note_interruptions();
  // One that was to die later may still be up when its start comes: then nothing happens.
  for (const auto delay : {2'000, 60'000, 150'000})
    g.start_later(delay + world_.random.below(20'000));
}

// The link is down for a while.
void site_pair::cut_link(std::size_t member) {
  link_up_[member] = false;
  gateways_[member]->sender.cut();
  world_.after(world_.random.between(2'000, 80'000), [this, member] { link_up_[member] = true; });
}

// A primary starts twice while its peer is away: what the first start used again, the second may
// have lost.
void site_pair::restart_unheard(std::size_t member) {
  auto& g = *gateways_[member];
  cut_link(member);
  time_us at = 100;
  for (int i = 0; i < 2; ++i) {
    world_.after(at, [this, &g] { g.die(world_.random.chance(75)); });
    g.start_later(at + 500);
    at += world_.random.between(2'000, 12'000);
  }
}

void site_pair::note_interruptions() {
  for (int i : {0, 1}) {
    if (secondary_[i]->in_apply()) world_.met.meet(situation::interrupted_apply);
    if (secondary_[i]->in_takeover()) world_.met.meet(situation::interrupted_takeover);
  }
}

void site_pair::mishap_of_primary_coordinator() {
  auto& one = *primary_[0];
  auto& other = *primary_[1];
  switch (world_.random.below(5)) {
    case 0:
      one.die();
      world_.after(world_.random.below(20'000), [this] {
        if (world_.faults && !first_site_lost_) primary_[0]->start();
      });
      break;
    case 1:  // stopped, a successor is started, then continued
      one.pause(world_.random.between(5'000, 100'000));
      if (other.up()) break;
      if (world_.random.chance(60)) other.stored = one.stored;
      other.start();
      break;
    case 2:
      other.die();
      if (!one.up()) one.start();
      break;
    case 3:  // yesterday's state is put back
      one.die();
      std::swap(one.stored, backup_of_primary_);
      world_.met.meet(situation::restored_state);
      one.start();
      break;
    default:
      backup_of_primary_ = one.stored;
      one.cut(world_.random.below(members_));
      break;
  }
}

void site_pair::mishap_of_secondary_coordinator() {
  auto& one = *secondary_[0];
  auto& other = *secondary_[1];
  note_interruptions();
  switch (world_.random.below(5)) {
    case 0:
      one.die();
      world_.after(world_.random.below(20'000), [this] { start_secondary(0); });
      break;
    case 1:
      one.pause(world_.random.between(5'000, 100'000));
      if (other.up()) break;
      if (world_.random.chance(60)) other.stored = one.stored;
      start_secondary(1);
      break;
    case 2:
      other.die();
      one.die();
      start_secondary(0);
      break;
    case 3:
      one.die();
      std::swap(one.stored, backup_of_secondary_);
      world_.met.meet(situation::restored_state);
      start_secondary(0);
      break;
    default:
      backup_of_secondary_ = one.stored;
      one.cut(world_.random.below(members_));
      break;
  }
  if (first_site_lost_) ask_takeover();
}

// Somebody locks the state, or its disk is full, and it passes; or the disk fails, and it is
// mended.
void site_pair::mishap_of_state(sim_coordinator& c) {
  if (world_.random.chance(70)) return c.lock_state(world_.random.between(1'000, 60'000));
  c.break_disk();
  world_.after(world_.random.between(5'000, 60'000), [this, &c] {
    if (!world_.faults || !c.broken() || (first_site_lost_ && &c == primary_[0].get())) return;
    c.die();
    c.start();
    if (first_site_lost_) ask_takeover();
  });
}

// A coordinator that does not know the last member runs for a while in place of the right one.
void site_pair::put_wrong_coordinator() {
  secondary_[0]->die();
  secondary_[1]->die();
  wrong_->start();
  world_.after(world_.random.between(5'000, 30'000), [this] {
    wrong_->die();
    start_secondary(0);
    if (first_site_lost_) ask_takeover();
  });
}

void site_pair::start_secondary(std::size_t which) {
  if (!world_.faults && which != 0) return;
  secondary_[which]->start();
}

void site_pair::ask_takeover(std::optional<marker_number> named) {
  if (!secondary_[0]->up()) return world_.after(2'000, [this, named] { ask_takeover(named); });
  secondary_[0]->take_over(named);
}

}  // namespace cairn::sim

// Roles in trouble: takeovers while primaries live, life on a new lineage, messages from rogues.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/rogue.h"
#include "tests/sim/site_pair.h"

namespace cairn::sim {

// ---- a takeover while primaries live

// At least one gateway, and perhaps the coordinator.
void site_pair::lose_part_of_first_site(bool power) {
  const auto spared = world_.fate.below(members_);
  for (auto* g : site(0))
    if (g->index() != spared && world_.fate.chance(50)) g->die(power);
  if (world_.fate.chance(50))
    for (int i : {0, 1}) primary_[i]->die();
}

// Some hosts know nothing of the takeover.
bool site_pair::stays_behind(std::size_t host) const {
  return world_.ordeal == ordeal::partial_loss && host % 2 == 0;
}

// ---- a new lineage

// A coordinator at the other site makes markers there; restarts change nothing of that.
void site_pair::expect_new_markers() {
  if (!oracle_.has_own_journal(members_)) return;
  primary_there_ = std::make_unique<sim_primary_coordinator>(world_, site(1), names());
  primary_there_->start();
  for (int i = 0; i < 2; ++i) {
    const auto before = primary_there_->newest_sealed;
    wait_for("a marker on the new lineage", 2'000'000,
             [&] { return primary_there_->newest_sealed > before; });
    oracle_.check_new_cut(primary_there_->newest_sealed);
    world_.met.meet(situation::marker_on_new_lineage);
    for (auto* g : site(1)) {
      g->die(world_.random.chance(50));
      g->start_later(1'000);
    }
    world_.run_until(world_.now() + 10'000);
    oracle_.check_new_cut(primary_there_->newest_sealed);
  }
  primary_there_->die();
}

// What it took over at is a marker that counts, for as long as it is there.
void site_pair::expect_marker_of_takeover() {
  if (!oracle_.has_own_journal(members_)) return;
  for (auto* g : site(1)) {
    wait_for("a promoted gateway is up", 1'000'000, [&] { return g->ready(); });
    auto& log = g->core().log();
    const auto at = log.state().promoted->at;
    const auto found = log.marker(at);
    if (!found || found->voided)
      world_.fail(fmt::format("gateway {} took over at marker {}, which is void after a restart",
                              g->index(), at.number.value));
  }
}

// ---- rogues

void site_pair::disturb() {
  world_.after(world_.fate.between(500, 4'000), [this] {
    rogue(world_).disturb(*gateways_[world_.fate.below(gateways_.size())]);
    if (world_.faults) disturb();
  });
}

void site_pair::exhaust() {
  world_.after(world_.fate.between(20'000, 60'000), [this] {
    if (world_.faults && !first_site_lost_) rogue(world_).exhaust(*gateways_[0]);
    if (world_.faults) exhaust();
  });
}

}  // namespace cairn::sim

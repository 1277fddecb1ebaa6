// What stands still for a while, and goes on: processes, disks; and clocks that differ.
#include "tests/sim/site_pair.h"

namespace cairn::sim {

// SIGSTOP of gateways, for longer than anybody waits for them, and of coordinators.
void site_pair::stop_processes() {
  world_.after(world_.fate.between(5'000, 80'000), [this] {
    if (!world_.faults) return;
    const auto length = world_.fate.between(5'000, 600'000);
    const auto which = world_.fate.below(gateways_.size() + 2);
    if (which < gateways_.size())
      gateways_[which]->stop_for(length);
    else if (which == gateways_.size())
      primary_[0]->pause(length);
    else
      secondary_[0]->pause(length);
    stop_processes();
  });
}

void site_pair::hang_disks() {
  world_.after(world_.fate.between(5'000, 50'000), [this] {
    if (!world_.faults) return;
    gateways_[world_.fate.below(members_)]->hang_for(world_.fate.between(15'000, 150'000));
    hang_disks();
  });
}

// From half as fast as the world's to twice, and nobody's begins at zero.
void site_pair::set_clocks() {
  for (auto& g : gateways_)
    g->set_clock(world_.fate.between(50, 200), world_.fate.below(1'000'000'000));
}

}  // namespace cairn::sim

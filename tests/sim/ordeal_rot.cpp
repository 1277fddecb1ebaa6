// Bits that change on a disk, in segments.
#include "tests/sim/site_pair.h"

namespace cairn::sim {

bool site_pair::rots() const {
  return world_.ordeal == ordeal::primary_rots || world_.ordeal == ordeal::secondary_rots;
}

void site_pair::let_rot(std::size_t gateway) {
  world_.after(world_.fate.between(20'000, 100'000), [this, gateway] {
    if (!world_.faults || first_site_lost_) return;
    auto& g = *gateways_[gateway];
    if (!g.ready() || !g.may_wait()) return let_rot(gateway);
    g.rot(world_.fate);
    spoilt_ = true;
    world_.met.meet(situation::bit_rot);
  });
}

// For a while no gateway of one site can open another file.
void site_pair::use_up_descriptors() {
  world_.after(world_.fate.between(10'000, 60'000), [this] {
    if (!world_.faults) return;
    auto& g = *gateways_[world_.fate.below(gateways_.size())];
    g.store().refuse_opens(true);
    world_.after(world_.fate.between(10'000, 120'000), [this, &g] {
      if (g.store().faults_met() > 0) world_.met.meet(situation::no_descriptor);
      g.store().refuse_opens(false);
    });
    use_up_descriptors();
  });
}

}  // namespace cairn::sim

// What an ordeal makes of a run.
#include <fmt/format.h>

#include "tests/sim/site_pair.h"

namespace cairn::sim {

void site_pair::begin_ordeal() {
  switch (world_.ordeal) {
    case ordeal::full_journals:
      return keep_links_away();
    case ordeal::both_journals_full:
      return keep_coordinator_away();
    case ordeal::failed_sync:
    case ordeal::io_errors:
      return hurt_a_disk();
    case ordeal::disk_full:
      return fill_a_disk();
    case ordeal::primary_put_back:
    case ordeal::primary_back_in_silence:
      return make_copy(world_.fate.below(members_));
    case ordeal::secondary_put_back:
    case ordeal::secondary_back_in_silence:
      return make_copy(members_ + world_.fate.below(members_));
    case ordeal::stopped_processes:
      return stop_processes();
    case ordeal::hung_disks:
      return hang_disks();
    case ordeal::primary_rots:
      return let_rot(world_.fate.below(members_));
    case ordeal::secondary_rots:
      return let_rot(members_ + world_.fate.below(members_));
    case ordeal::no_descriptors:
      return use_up_descriptors();
    case ordeal::rogue_messages:
      return disturb();
    case ordeal::rogue_numbers:
      return exhaust();
    default:
      return;
  }
}

// ---- full journals

bool site_pair::keeps_bounds() const {
  return world_.ordeal == ordeal::full_journals || world_.ordeal == ordeal::both_journals_full;
}

// Until everything heals, mostly: hosts fill the primaries' journals.
void site_pair::keep_links_away() {
  world_.after(world_.fate.between(5'000, 60'000), [this] {
    if (!world_.faults || first_site_lost_) return;
    for (std::size_t m = 0; m < members_; ++m) {
      link_up_[m] = false;
      gateways_[m]->sender.cut();
    }
    keep_links_away();
  });
}

// No marker comes, so the secondaries' journals fill first.
void site_pair::keep_coordinator_away() {
  world_.after(world_.fate.between(1'000, 10'000), [this] {
    if (!world_.faults || first_site_lost_) return;
    for (int i : {0, 1}) primary_[i]->die();
    keep_coordinator_away();
  });
}

}  // namespace cairn::sim

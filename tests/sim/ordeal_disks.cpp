// Disks that fail: what the ordeal does to them, and who mends it.
#include <cerrno>

#include <fmt/format.h>

#include "tests/sim/site_pair.h"

namespace cairn::sim {
namespace {

// Where a fault hits: most of all, the journal.
const char* some_part(dice& fate) {
  static constexpr const char* parts[] = {"/segments/", "/segments/", "/segments/", ".img",
                                          "catalog"};
  return parts[fate.below(std::size(parts))];
}

}  // namespace

bool site_pair::hurts_disks() const {
  return world_.ordeal == ordeal::failed_sync || world_.ordeal == ordeal::io_errors ||
         world_.ordeal == ordeal::disk_full || world_.ordeal == ordeal::no_descriptors;
}

// One call of a disk fails; again and again, on one gateway or another.
void site_pair::hurt_a_disk() {
  world_.after(world_.fate.between(5'000, 60'000), [this] {
    if (!world_.faults) return;
    auto& g = *gateways_[world_.fate.below(gateways_.size())];
    auto& disk = g.store();
    if (g.ready() && world_.ordeal == ordeal::failed_sync)
      disk.fail_next_sync(some_part(world_.fate), EIO);
    else if (g.ready() && world_.fate.chance(50))
      disk.fail_next_read(some_part(world_.fate), EIO);
    else if (g.ready())
      disk.fail_next_write(some_part(world_.fate), EIO);
    restart_if_hurt(g.index());
    hurt_a_disk();
  });
}

// A file system with no more than some KiB left; it has room again some time later.
void site_pair::fill_a_disk() {
  world_.after(world_.fate.between(10'000, 60'000), [this] {
    if (!world_.faults) return;
    auto& g = *gateways_[world_.fate.below(gateways_.size())];
    g.store().limit_space(g.store().used_bytes() + world_.fate.below(96 << 10));
    world_.after(world_.fate.between(10'000, 120'000),
                 [&g] { g.store().limit_space(~std::uint64_t{0}); });
    restart_if_hurt(g.index());
    fill_a_disk();
  });
}

// Somebody looks after it, in a while.
void site_pair::restart_if_hurt(std::size_t gateway) {
  world_.after(world_.fate.between(20'000, 90'000), [this, gateway] {
    auto& g = *gateways_[gateway];
    if (!world_.faults || !g.up() || !g.hurt()) return;
    world_.met.meet(world_.ordeal == ordeal::failed_sync ? situation::failed_sync
                    : world_.ordeal == ordeal::io_errors ? situation::io_error
                                                         : situation::disk_full);
    SIM_TRACE(world_, "gateway {} is restarted: its disk failed at {}", gateway,
              g.store().fault_path());
    g.die(world_.fate.chance(50));
    if (gateway >= members_ || !first_site_lost_) g.start_later(world_.fate.between(500, 5'000));
  });
}

void site_pair::mend_disks() {
  for (auto& g : gateways_) {
    g->store().limit_space(~std::uint64_t{0});
    g->store().refuse_opens(false);
    g->die(false);  // what a disk had in store for it is forgotten, too
  }
}

}  // namespace cairn::sim

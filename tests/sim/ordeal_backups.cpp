// Directories that are put back from a copy taken earlier.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/site_pair.h"

namespace cairn::sim {

bool site_pair::puts_back() const {
  switch (world_.ordeal) {
    case ordeal::secondary_put_back:
    case ordeal::primary_put_back:
    case ordeal::secondary_back_in_silence:
    case ordeal::primary_back_in_silence:
      return true;
    default:
      return false;
  }
}

// Once in a run: a copy is made, of files in use or not, and put back when that is worth it.
void site_pair::make_copy(std::size_t gateway) {
  auto& g = *gateways_[gateway];
  world_.after(world_.fate.between(5'000, 60'000), [this, gateway, &g] {
    if (!world_.faults || first_site_lost_) return;
    if (!g.ready() || !g.may_wait()) return make_copy(gateway);
    const auto copy = std::make_shared<sim_gateway::backup>(g.copy());
    SIM_TRACE(world_, "a copy of gateway {} is made at record {}", gateway, copy->end.value);
    if (world_.ordeal == ordeal::primary_back_in_silence) restart(g);
    put_back_later(gateway, copy);
  });
}

void site_pair::restart(sim_gateway& g) {
  g.die(false);
  g.start_later(500);
}

void site_pair::put_back_later(std::size_t gateway,
                               const std::shared_ptr<sim_gateway::backup>& copy) {
  auto& g = *gateways_[gateway];
  world_.after(world_.fate.between(3'000, 12'000), [this, gateway, &g, copy] {
    if (!world_.faults || first_site_lost_) return;
    if (world_.depth() > 0 || !g.ready() || !worth_putting_back(gateway, *copy))
      return put_back_later(gateway, copy);
    g.put_back(*copy);
    spoilt_ = true;
    world_.met.meet(gateway < members_ ? situation::primary_put_back
                                       : situation::secondary_put_back);
    g.start_later(500);
  });
}

// A primary: its secondary must be able to know better, or be led to believe that nothing happened.
bool site_pair::worth_putting_back(std::size_t gateway, const sim_gateway::backup& copy) {
  if (gateway >= members_)
    return gateways_[gateway]->core().log().state().target_sequence > copy.end;
  auto& peer = *gateways_[members_ + gateway];
  if (!peer.ready()) return false;
  const auto starts = peer.core().log().starts();
  const auto next = std::ranges::find(starts, copy.start.next(), &incarnation_start::number);
  if (world_.ordeal == ordeal::primary_back_in_silence)
    return next != starts.end() && next->kept_to == copy.end &&
           peer.core().log().assigned() > copy.end;
  if (next != starts.end() && next->kept_to > copy.end && starts.back().number > next->number)
    return true;
  if (world_.fate.chance(30)) restart(*gateways_[gateway]);
  return false;
}

bool site_pair::noticed() {
  if (!spoilt_) return false;
  if (rots()) return true;  // what is damaged may never be well again
  return std::ranges::any_of(site(0), [](auto* g) {
    return g->ready() && g->core().status().link == link_state::refused;
  });
}

}  // namespace cairn::sim

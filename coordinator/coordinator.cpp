#include "coordinator/coordinator.h"

#include "coordinator/primary_coordinator.h"
#include "coordinator/secondary_coordinator.h"

namespace cairn {

result<std::unique_ptr<coordinator>> coordinator::open(disk& on, const coordinator_config& config,
                                                       random_source& random) {
  auto store = state_store::open(on, config.state_directory, config.group, config.primary);
  if (!store) return fail(std::move(store).error());
  if (config.primary) {
    const auto last = (*store)->last_marker();
    if (!last) return fail(last.error());
    return std::make_unique<primary_coordinator>(config, std::move(*store), *last);
  }
  auto state = (*store)->selection();
  if (!state) return fail(std::move(state).error());
  return std::make_unique<secondary_coordinator>(config, std::move(*store), std::move(*state),
                                                 random);
}

}  // namespace cairn

// Canned states of a group for tests of the page: what a coordinator would show in each.
#pragma once
#include <string>

#include "tests/ui/canned_coordinator.h"

namespace cairn {

// "fine", "degraded", "secondary", "hostile" (markup in every text) or "empty".
// `tick`: seconds that it has run, so that numbers move.
void set_scene(canned_coordinator& c, const std::string& scene, std::uint64_t tick);

// Ends what was begun: markers are sealed, takeovers done.
void finish_operations(canned_coordinator& c);

}  // namespace cairn

// Runs every chain of the plan, each in a thread of its own with connections of its own, until it
// is told to end or the servers are gone.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "tests/e2e/probe_log.h"

namespace cairn::probe {

// `uris`: one for each volume. Fails (throws) only before the first step; later a lost connection
// ends its chain, which is what a test that kills the servers wants.
probe_log run_chains(const plan& p, const std::vector<std::string>& uris,
                     const std::atomic<bool>& ended);

}  // namespace cairn::probe

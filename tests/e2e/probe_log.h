// What a run of the probe did, step by step, in a text file: a line with the plan, then one line
// for each step that was issued: "chain step issued_ns done_ns". Times are of the machine's
// monotonic clock, so that a driver can compare them with its own; done_ns 0 means never
// acknowledged or seen.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/probe_plan.h"

namespace cairn::probe {

struct step_times {
  std::uint64_t issued_ns = 0;
  std::uint64_t done_ns = 0;
};

// Element k - 1 is step k.
using chain_log = std::vector<step_times>;

struct probe_log {
  plan of;
  std::vector<chain_log> chains;
};

std::uint64_t now_ns();
void save(const probe_log& log, const std::string& file);  // throws std::runtime_error
probe_log load(const std::string& file);                   // throws std::runtime_error

}  // namespace cairn::probe

// Judges images that survived: for each chain they must hold exactly the steps 1 to some K.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/probe_log.h"

namespace cairn::probe {

struct verdict {
  std::vector<std::uint64_t> newest;    // for each chain: the newest step in the images, 0: none
  std::vector<std::string> violations;  // one sentence each
  std::uint64_t newest_issued_ns = 0;   // when the newest included step of all chains was issued
  std::uint64_t steps_included = 0;
  std::uint64_t steps_lost = 0;  // acknowledged or seen, and not in the images
};

// `uris`: one for each volume, in the order in which they were written. With `nothing_lost` a step
// that was acknowledged or seen and is not there is a violation.
verdict check_images(const probe_log& log, const std::vector<std::string>& uris, bool nothing_lost);

// One JSON object.
std::string to_json(const verdict& v);

}  // namespace cairn::probe

// The Prometheus text of /metrics: base units, names in cairn_…_seconds|_bytes|_total.
#pragma once
#include <string>

#include "coordinator/view.h"

namespace cairn {

// What is not known is left out, so that a rule on absence can fire.
std::string metrics_text(const group_snapshot& s);

}  // namespace cairn

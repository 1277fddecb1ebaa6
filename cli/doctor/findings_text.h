// The findings as people and as programs read them. Pure.
#pragma once
#include "cli/doctor/finding.h"

namespace cairn::doctor {

// Grouped, in the order of `titles` (group and heading); the last line counts.
using group_titles = std::vector<std::pair<std::string, std::string>>;
std::string findings_text(const findings& all, const group_titles& titles, bool colour);

// cairn.doctor/1 (docs/commands.md).
std::string findings_json(const findings& all);

}  // namespace cairn::doctor

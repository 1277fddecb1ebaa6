// Whether a coordinator answers, what it says of its group, and whether it hears its members.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

// `summary`: the body of GET /api/v1/summary.
findings judge_summary(const std::string& coordinator, const std::string& summary);
findings check_coordinators(const examination& seen);

}  // namespace cairn::doctor

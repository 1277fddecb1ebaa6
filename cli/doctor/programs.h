// Which programs are installed, whether they belong together, and whether those that run are still
// the ones that are installed.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

// The plugin says its block sizes to nbdkit, which older ones do not ask for.
inline constexpr std::pair<int, int> nbdkit_min{1, 32};

// "nbdkit 1.32.5 …"
std::optional<std::pair<int, int>> nbdkit_version(const std::string& said);
finding judge_nbdkit(const std::string& said);

// `own`: of this command, "0.1.0 (6a6d469b2f1c)"; `said`: of `name`, in the same form.
finding judge_version(const std::string& own, const std::string& name, const std::string& said);

// Files that /proc/PID/maps shows and that are not there any more, of nbdkit and of ours.
std::vector<std::string> replaced_files(const std::string& maps);

findings check_programs(const examination& seen);
findings check_replaced(const examination& seen);

}  // namespace cairn::doctor

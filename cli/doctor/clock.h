// Whether the machine's clock can be believed. Nothing of Cairn is ordered by it; people, logs and
// certificates are.
#pragma once
#include <cstdint>

#include "cli/doctor/examination.h"

namespace cairn::doctor {

inline constexpr int first_year = 2026;
// A file from further ahead than this was written by a clock that has gone back since.
inline constexpr std::int64_t ahead_max_s = 60;

struct newest_file {
  std::string path;
  std::int64_t ahead_s = 0;  // of the clock
};

finding judge_clock(int year, bool synchronized);
finding judge_newest(const std::string& directory, const newest_file& newest);
findings check_clock(const examination& seen);

}  // namespace cairn::doctor

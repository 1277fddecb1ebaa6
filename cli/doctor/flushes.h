// What the disk under a journal does with a flush, and whether volumes' files can be cloned.
#pragma once
#include <chrono>

#include "cli/doctor/examination.h"

namespace cairn::doctor {

// Half of all flushes slower than this is a warning: every commit of a database waits for one.
inline constexpr std::chrono::milliseconds slow_flush{30};

struct flush_times {
  std::chrono::microseconds median{0};
  std::chrono::microseconds worst{0};
};

finding judge_flushes(const std::string& directory, const flush_times& t);
// `setting`: of queue/write_cache; empty: not known.
finding tell_write_cache(const std::string& directory, const std::string& setting);

// In files without a name that go when they are closed; two seconds at most a directory.
findings check_flushes(const examination& seen);
findings check_write_cache(const examination& seen);
findings check_reflink(const examination& seen);

}  // namespace cairn::doctor

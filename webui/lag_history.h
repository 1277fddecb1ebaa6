// How the lag went in the last hour: a ring of samples, one each second, in memory.
//
// One thread. The clock is the caller's: a sample carries its monotonic time, so a pause of the
// server is a hole in time and not a stretched line. Bound: 3,600 samples of all members.
#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "coordinator/view.h"

namespace cairn {

using history_time = std::chrono::steady_clock::time_point;

inline constexpr std::chrono::seconds history_step{1};
inline constexpr std::size_t history_samples_max = 3600;

struct member_lag {
  std::string name;
  bool known = false;  // false: its status was not fresh, the numbers mean nothing
  std::uint64_t oldest_unstored_ms = 0;
  std::uint64_t behind_bytes = 0;
};

struct lag_sample {
  history_time at;
  age_ms rpo;
  bool rpo_at_least = false;
  age_ms applied;
  std::uint64_t behind_bytes = 0;
  std::uint64_t behind_records = 0;
  std::vector<member_lag> members;
};

class lag_history {
 public:
  void add(const group_snapshot& s, history_time now);
  // Oldest first; those of the last `span`.
  std::vector<lag_sample> last(std::chrono::seconds span, history_time now) const;

 private:
  std::deque<lag_sample> samples_;  // ascending by `at`
};

}  // namespace cairn

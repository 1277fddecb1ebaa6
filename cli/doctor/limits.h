// What the system allows a gateway that runs: open files, file sizes, priority, quota.
#pragma once
#include <cstdint>

#include "cli/doctor/examination.h"

namespace cairn::doctor {

// 128 NBD connections, iSCSI sessions, links, a segment each 256 MiB of journal, and SQLite's.
inline constexpr std::uint64_t open_files_min = 4096;

struct limits_seen {
  std::string who;                          // "m1-primary (pid 812)"
  std::optional<std::uint64_t> open_files;  // nullopt: unlimited
  std::optional<std::uint64_t> file_bytes;
  std::uint64_t priority = 0;  // of real time
  bool may_raise_it = false;   // CAP_SYS_NICE
};

// /proc/PID/limits and /proc/PID/status; nullopt: not what they should be.
std::optional<limits_seen> read_limits(const std::string& limits, const std::string& status);

findings judge_limits(const limits_seen& s, std::uint64_t largest_file_bytes);
findings check_limits(const examination& seen);

// Bytes that the user's quota leaves it.
struct quota_seen {
  std::string place;
  std::uint64_t used_bytes = 0;
  std::uint64_t limit_bytes = 0;  // 0: none
};
finding judge_quota(const quota_seen& s, std::uint64_t journals_bytes);
findings check_quotas(const examination& seen);

}  // namespace cairn::doctor

// Whether the file systems have room for what the configurations allow to be written. Added up over
// everything that lies on one file system.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

// Beside journals and volumes there are logs, the catalog's write-ahead file and others' files.
inline constexpr std::uint64_t space_margin_bytes = 64ULL << 20;

struct room {
  std::string place;  // where it is mounted
  std::uint64_t free_bytes = 0;
  std::uint64_t journals_bytes = 0;  // that journals may still take up to their bounds
  std::uint64_t volumes_bytes = 0;   // that sparse backing files may still take
  bool partly_seen = false;          // what they have already is not known of all of them
};

finding judge_space(const room& r);
findings check_space(const examination& seen);

}  // namespace cairn::doctor

// What is said where something on a disk has a version of its format that this program can't read.
#pragma once
#include <cerrno>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace cairn {

// A sentence about `what`, "journal /var/lib/cairn/m1/journal" for one. `known`: the newest version
// that is read here, or, where `found` is older, the oldest. EPROTONOSUPPORT.
inline tl::unexpected<error> fail_format(const std::string& what, std::uint64_t found,
                                         std::uint64_t known) {
  const bool newer = found > known;
  return fail(EPROTONOSUPPORT,
              what + ": its format is version " + std::to_string(found) + ", this Cairn reads " +
                  (newer ? "up to " + std::to_string(known) +
                               "; install a newer Cairn, or put back what was there before it"
                         : "from version " + std::to_string(known) +
                               " on: no release has written what is there"));
}

}  // namespace cairn

#include "tests/sim/situations.h"

#include <cstdio>

namespace cairn::sim {

const char* name_of(situation s) {
  static constexpr const char* names[] = {
      "gap",
      "tail lost",
      "torn write",
      "died in recovery",
      "double restart",
      "truncation by HELLO",
      "cut by a secondary's recovery",
      "void",
      "RELEASE ignored",
      "held write",
      "read while held",
      "read while appending",
      "overlapping appends",
      "stale coordinator",
      "membership mismatch",
      "coordinator state put back",
      "coordinator state locked",
      "coordinator state failed for good",
      "takeover not kept",
      "interrupted APPLY",
      "interrupted takeover",
      "minimum of the newest is not common",
      "frame of an old connection",
      "duplicate frame",
      "recycled segment",
      "journal full",
      "fenced",
      "full when everything heals",
      "failed fsync",
      "EIO",
      "full file system",
      "written on both sides",
      "marker on a new lineage",
      "rogue message",
      "primary put back",
      "secondary put back",
      "stopped process",
      "hung disk",
      "odd clock",
      "bit rot",
      "no descriptor",
  };
  static_assert(std::size(names) == static_cast<std::size_t>(situation::count_));
  return names[static_cast<std::size_t>(s)];
}

void situations::add(const situations& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

bool situations::print() const {
  bool all = true;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto which = static_cast<situation>(i);
    // Of ordeals that no seed has by itself (ordeal.cpp).
    const bool may_be_none =
        which == situation::full_at_heal || which == situation::primary_put_back;
    std::printf("%10llu  %s%s\n", static_cast<unsigned long long>(counts_[i]),
                name_of(static_cast<situation>(i)),
                counts_[i] || may_be_none ? "" : "   <-- NEVER MET");
    all = all && (counts_[i] != 0 || may_be_none);
  }
  return all;
}

}  // namespace cairn::sim

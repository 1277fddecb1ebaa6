// The lives of one member, by seed: as a primary from the start, or as a secondary that is fed and,
// one day, promoted. tests/crash/CMakeLists.txt says which program runs them.
#pragma once
#include <string>

#include "tests/crash/mortal_member.h"

namespace cairn {

// Each runs `lives` of them and returns the first violation; empty: none.
std::string live_as_primary(std::uint64_t seed, int lives, cut_counts& seen,
                            const forgotten_syncs& forgets = {});
std::string live_as_secondary(std::uint64_t seed, int lives, cut_counts& seen,
                              const forgotten_syncs& forgets = {});

}  // namespace cairn

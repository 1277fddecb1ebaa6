// What one side of a pair can do beyond the version of the link, told in HELLO and its answer and
// kept by the peer. A kind of record is appended only when the peer's features know it: an older
// side is never half understood. Bits are never used again.
#pragma once
#include <cstdint>

namespace cairn {

namespace feature {
inline constexpr std::uint64_t resync = 1U << 0;       // copy, void-range, resync-begin, resync-end
inline constexpr std::uint64_t switchover = 1U << 1;   // final, and the messages of a switchover
inline constexpr std::uint64_t member_list = 1U << 2;  // members
inline constexpr std::uint64_t digests = 1U << 3;      // answers questions for digests
}  // namespace feature

// Of this Cairn.
inline constexpr std::uint64_t own_features = 0;

}  // namespace cairn

// How large a journal and its segments may be. One rule, so that what the check of a configuration
// accepts is what a start accepts.
#pragma once
#include <cerrno>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace cairn {

inline constexpr std::uint64_t segment_step_bytes = 4096;  // what a sync begins anew with
inline constexpr std::uint64_t journal_segments_min = 5;
inline constexpr std::uint64_t catalog_bytes_min = 1U << 20;

inline result<void> check_segment_bytes(std::uint64_t segment_bytes) {
  if (segment_bytes % segment_step_bytes == 0 && segment_bytes >= 16 * segment_step_bytes)
    return {};
  return fail(EINVAL, "the segment size " + std::to_string(segment_bytes) +
                          " is not a multiple of 4096 of at least 65536");
}

// `size_bytes`: the most that the journal may take, its catalog included.
inline result<void> check_journal_bytes(std::uint64_t size_bytes, std::uint64_t segment_bytes) {
  if (size_bytes > catalog_bytes_min &&
      (size_bytes - catalog_bytes_min) / journal_segments_min >= segment_bytes)
    return {};
  return fail(EINVAL, "the size " + std::to_string(size_bytes) +
                          " has no room for five segments of " + std::to_string(segment_bytes) +
                          " bytes and the catalog");
}

}  // namespace cairn

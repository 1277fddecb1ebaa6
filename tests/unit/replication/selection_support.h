// What the tests of the selection say over and over: settings, markers, answers of members.
#pragma once
#include <string>
#include <vector>

#include "replication/selection.h"

namespace cairn::selection_tests {

inline constexpr std::uint64_t second = 1'000'000;
inline const std::vector<std::string> names{"a", "b"};

inline selection_settings settings(std::vector<std::string> members = names) {
  return {.group = "g", .members = std::move(members), .interval_us = second, .follow = true};
}

inline marker_id marker(std::uint64_t n, std::uint64_t made_in = 1) {
  return {marker_number(n), epoch(made_in)};
}

inline uuid lineage_no(unsigned char n) {
  uuid id;
  id.octets[0] = std::byte{n};
  return id;
}

inline stored_marker entry(std::uint64_t n, const std::vector<std::string>& members = names,
                           const std::string& group = "g") {
  return {marker(n), hash_of_members(members), hash_of_group(group), sequence(n * 10)};
}

// What a member that holds these markers, and was told to apply `target`, answers.
inline reported holding(const std::vector<std::uint64_t>& numbers, std::uint64_t target = 0,
                        std::uint64_t applied = 0) {
  reported r;
  for (const auto n : numbers) r.markers.push_back(entry(n));
  if (target) r.target = marker(target);
  if (applied) r.applied = marker(applied);
  r.stored = sequence(1000);
  return r;
}

inline reported promoted_at(std::uint64_t n, uuid opened) {
  reported r = holding({n}, n, n);
  r.promoted = promotion{marker(n), sequence(n * 10), opened};
  return r;
}

}  // namespace cairn::selection_tests

// What the tests of the round say over and over, and a round of two members that has begun.
#pragma once
#include <optional>
#include <vector>

#include "replication/marker_round.h"

namespace cairn::round_tests {

inline constexpr std::uint64_t ms = 1000;

inline round_settings two_members() {
  return {.members = {"a", "b"}, .interval_us = 1000 * ms, .hold_limit_us = 50 * ms};
}

inline member_hello primary_hello(std::uint64_t marker_epoch = 0, std::uint64_t marker_last = 0) {
  return {.current = incarnation(1),
          .marker_epoch = epoch(marker_epoch),
          .marker_last = marker_number(marker_last),
          .selection_epoch = {},
          .role = member_role::primary};
}

template <class T>
std::vector<T> sent(const round_actions& actions) {
  std::vector<T> found;
  for (const auto& a : actions)
    if (const auto* s = std::get_if<send_control>(&a))
      if (const auto* m = std::get_if<T>(&s->message)) found.push_back(*m);
  return found;
}

inline const round_ended* ended(const round_actions& actions) {
  for (const auto& a : actions)
    if (const auto* e = std::get_if<round_ended>(&a)) return e;
  return nullptr;
}

inline const persist_marker* persisted(const round_actions& actions) {
  for (const auto& a : actions)
    if (const auto* p = std::get_if<persist_marker>(&a)) return p;
  return nullptr;
}

inline member_status primary_status() {
  member_status s;
  s.role = member_role::primary;
  return s;
}

// Both members connected at time 0, the first round's MARKs sent at time 0.
struct a_round {
  marker_round round{two_members(), {}};
  marker_id marker;

  a_round() {
    round.on_connected(0, primary_hello(), 0);
    marker = persisted(round.on_connected(1, primary_hello(), 0))->marker;
    round.on_persisted(marker, 0);
  }
  round_actions insert(std::size_t member, std::uint64_t now, std::uint64_t by = 1) {
    return round.on_inserted(member, {marker, incarnation(by)}, now);
  }
  round_actions tell(std::size_t member, bool sealed, std::uint64_t now) {
    return round.on_outcome(member, {marker, sealed, 300, sealed ? "" : "hold limit"}, now);
  }
  // Hears both and lets the next round begin; nullopt when none does.
  std::optional<marker_id> next_at(std::uint64_t now) {
    auto first = round.on_status(0, primary_status(), now);
    auto second = round.on_status(1, primary_status(), now);
    for (const auto* p : {persisted(first), persisted(second)})
      if (p) return p->marker;
    return std::nullopt;
  }
};

}  // namespace cairn::round_tests

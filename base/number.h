// Distinct types for distinct numbers: a sequence is never taken for a marker number.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace cairn {

// A counter that starts at 1; 0 means "none yet". It is 64 bits wide and never wraps in practice:
// at 10^6 a second, 2^63 lasts 292,000 years.
template <class Tag>
struct number {
  std::uint64_t value = 0;

  constexpr number() = default;
  constexpr explicit number(std::uint64_t v) : value(v) {}

  constexpr explicit operator bool() const { return value != 0; }
  constexpr number next() const { return number(value + 1); }
  constexpr number previous() const { return number(value == 0 ? 0 : value - 1); }
  friend constexpr auto operator<=>(number, number) = default;
};

using sequence = number<struct sequence_tag>;        // position of a record in its journal
using marker_number = number<struct marker_tag>;     // N
using epoch = number<struct epoch_tag>;              // starts of a coordinator
using incarnation = number<struct incarnation_tag>;  // starts of a member's journal

}  // namespace cairn

template <class Tag>
struct std::hash<cairn::number<Tag>> {
  std::size_t operator()(cairn::number<Tag> n) const { return std::hash<std::uint64_t>{}(n.value); }
};

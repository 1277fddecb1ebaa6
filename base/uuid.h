// A random 128-bit name (RFC 4122, version 4) for volumes, lineages, groups and journals.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

struct uuid {
  std::array<std::byte, 16> octets{};

  bool is_nil() const { return *this == uuid{}; }
  std::string text() const;                                 // 8-4-4-4-12 lower-case hex
  static std::optional<uuid> parse(std::string_view text);  // the same form only
  // Version 4 from 16 random octets that the caller drew.
  static uuid from_random(std::array<std::byte, 16> octets);
  friend auto operator<=>(const uuid&, const uuid&) = default;
};

}  // namespace cairn

// How the catalog writes numbers that SQLite's signed integers can't hold.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/digest.h"
#include "storage/uuid_text.h"

namespace cairn {

inline std::string hex(std::uint64_t n) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(n));
  return text;
}

inline std::uint64_t from_hex(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 16);
}

inline std::string hex(const digest& d) {
  std::string out;
  for (const auto b : d) out += hex(std::to_integer<std::uint64_t>(b)).substr(14);
  return out;
}
inline digest digest_from_hex(const std::string& text) {
  digest out{};
  for (std::size_t i = 0; i < out.size() && 2 * i + 2 <= text.size(); ++i)
    out[i] = static_cast<std::byte>(from_hex(text.substr(2 * i, 2)));
  return out;
}

}  // namespace cairn

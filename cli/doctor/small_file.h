// Files of /proc and /sys: short, and gone at any moment.
#pragma once
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace cairn::doctor {

// nullopt: it cannot be opened or read.
inline std::optional<std::string> read_small(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return in.bad() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace cairn::doctor

#include "base/iscsi_name.h"

#include <algorithm>

namespace cairn {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool allowed(char c, std::string_view punctuation) {
  return is_digit(c) || is_lower(c) || punctuation.find(c) != std::string_view::npos;
}

bool all_allowed(std::string_view text, std::string_view punctuation) {
  return std::ranges::all_of(text, [&](char c) { return allowed(c, punctuation); });
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// "iqn.YYYY-MM.something"
bool is_iqn(std::string_view name) {
  constexpr std::string_view shape = "iqn.0000-00.";
  if (name.size() <= shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(name[i]) : name[i] != shape[i]) return false;
  }
  return true;
}

bool has_shape(std::string_view name) {
  if (name.starts_with("eui.")) return name.size() == 20 && is_hex(name.substr(4));
  if (name.starts_with("naa.")) {
    return (name.size() == 20 || name.size() == 36) && is_hex(name.substr(4));
  }
  return is_iqn(name);
}

}  // namespace

std::optional<std::string> iscsi_name(std::string_view text) {
  if (text.size() > iscsi_name_bytes_max) return std::nullopt;
  std::string name(text);
  std::ranges::transform(name, name.begin(), lowered);
  if (!all_allowed(name, "-.:_+@/") || !has_shape(name)) return std::nullopt;
  return name;
}

bool is_target_name(const std::string& name) {
  return name.size() <= iscsi_name_bytes_max && all_allowed(name, "-.:") && is_iqn(name);
}

}  // namespace cairn

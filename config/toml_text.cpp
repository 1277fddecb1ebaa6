// Values back into text (toml_tree.h).
#include <fmt/format.h>

#include "config/toml_tree.h"

namespace cairn {
namespace {

std::string escaped(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  return code < ' ' || code == 0x7f ? fmt::format("\\u{:04x}", code) : std::string(1, c);
}

}  // namespace

std::string quoted_toml(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += escaped(c);
  return out + '"';
}

std::string as_toml(const toml_value& value) {
  switch (value.kind) {
    case toml_kind::string:
      return quoted_toml(value.string);
    case toml_kind::integer:
      return std::to_string(value.integer);
    case toml_kind::boolean:
      return value.boolean ? "true" : "false";
    default:
      break;
  }
  std::vector<std::string> items;
  for (const auto& item : value.items) items.push_back(as_toml(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

}  // namespace cairn

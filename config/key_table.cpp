#include "config/key_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/toml_tree.h"

namespace cairn {

const key_facts* table_keys::find(std::string_view name) const {
  const auto found = std::ranges::find(keys, name, &key_facts::name);
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> table_keys::names() const {
  std::vector<std::string> all;
  for (const auto& key : keys) all.push_back(key.name);
  return all;
}

std::string name_of(key_type type, const std::vector<std::string>& choices) {
  switch (type) {
    case key_type::name:
      return "a name";
    case key_type::text:
      return "a string";
    case key_type::path:
    case key_type::socket_path:
      return "an absolute path";
    case key_type::size:
      return "a size";
    case key_type::duration:
      return "a time";
    case key_type::address:
      return "an address";
    case key_type::addresses:
      return "an address, or a list of them";
    case key_type::texts:
      return "a string, or a list of them";
    case key_type::choice:
      return fmt::format("one of {}", fmt::join(choices, ", "));
    case key_type::choices:
      return fmt::format("a list of {}", fmt::join(choices, ", "));
    case key_type::boolean:
      return "true or false";
    case key_type::integer:
      return "a number";
    case key_type::table:
      return "a table";
    case key_type::tables:
      break;
  }
  return "tables";
}

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(", ", at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return parts;
}

std::string as_toml(key_type type, const std::string& text) {
  switch (type) {
    case key_type::boolean:
    case key_type::integer:
      return text;
    case key_type::addresses:
    case key_type::texts:
    case key_type::choices: {
      auto parts = listed(text);
      for (auto& each : parts) each = quoted_toml(each);
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    default:
      return quoted_toml(text);
  }
}

}  // namespace cairn

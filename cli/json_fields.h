// Fields of the API's documents; what is null or absent is "not known".
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/humanise.h"

namespace cairn {

using json_value = nlohmann::ordered_json;

inline std::optional<std::uint64_t> number_in(const json_value& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || object.at(key).is_null()) return {};
  return object.at(key).get<std::uint64_t>();
}

inline std::uint64_t count_in(const json_value& object, const char* key) {
  return number_in(object, key).value_or(0);
}

// Ready for a terminal.
inline std::string text_in(const json_value& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || object.at(key).is_null()) return {};
  return printable(object.at(key).get<std::string>());
}

}  // namespace cairn

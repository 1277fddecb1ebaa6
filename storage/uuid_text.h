// How an id lies in a database: as its text, and a nil one as an empty text.
#pragma once
#include <string>

#include "base/uuid.h"

namespace cairn {

inline std::string text_of(const uuid& id) { return id.is_nil() ? std::string() : id.text(); }
inline uuid uuid_of(const std::string& text) { return uuid::parse(text).value_or(uuid{}); }

}  // namespace cairn

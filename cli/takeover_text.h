// A takeover's plan, and what it did, as text.
#pragma once
#include <string>

namespace cairn {

// `operation`: the body of an operation of kind "takeover-plan" or "takeover".
std::string takeover_text(const std::string& operation);

}  // namespace cairn

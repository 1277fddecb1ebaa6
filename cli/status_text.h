// The summary of a coordinator as text for a terminal.
#pragma once
#include <string>

namespace cairn {

// `summary`: the body of GET /api/v1/summary. Throws nlohmann::json::exception when it is not one.
std::string status_text(const std::string& summary, bool colour);
// "fine", "warning", "severe", "unknown"
std::string status_level(const std::string& summary);
// The same document under the name that the command promises: cairn.status/1.
std::string status_json(const std::string& summary);

// `markers`: the body of GET /api/v1/markers.
std::string markers_text(const std::string& markers);

}  // namespace cairn

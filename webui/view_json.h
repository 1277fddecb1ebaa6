// The coordinator's view as JSON (docs/api.md). Text only: no JSON type leaves this folder.
//
// Numbers are raw (milliseconds, microseconds, bytes, records); null means "not known". Every
// document names its schema and version; fields are only ever added to a version.
#pragma once
#include <string>
#include <vector>

#include "coordinator/view.h"
#include "webui/lag_history.h"

namespace cairn {

// `display_unix_ms`: the wall clock now, beside which the display times of markers are read.
std::string summary_json(const group_snapshot& s, const std::vector<marker_view>& markers,
                         const std::vector<event_view>& events, std::int64_t display_unix_ms);
std::string group_json(const group_snapshot& s);
std::string members_json(const group_snapshot& s);
std::string markers_json(const std::vector<marker_view>& markers, std::int64_t display_unix_ms);
std::string events_json(const std::vector<event_view>& events);
std::string operation_json(const operation_view& o);
// Columns, one entry for each sample; `now` turns their times into ages.
std::string history_json(const std::vector<lag_sample>& samples, std::uint64_t rpo_target_ms,
                         history_time now);

}  // namespace cairn

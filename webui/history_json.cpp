#include <nlohmann/json.hpp>

#include "webui/view_json.h"

namespace cairn {
namespace {

using json = nlohmann::ordered_json;

json column(const std::vector<lag_sample>& samples, auto&& value_of) {
  json out = json::array();
  for (const auto& s : samples) out.push_back(value_of(s));
  return out;
}

json nullable(const age_ms& age) { return age ? json(*age) : json(nullptr); }

// The member's value in a sample; null where it is not known.
json member_value(const lag_sample& s, const std::string& name, std::uint64_t member_lag::*value) {
  for (const auto& m : s.members) {
    if (m.name == name && m.known) return m.*value;
  }
  return nullptr;
}

json members(const std::vector<lag_sample>& samples) {
  json out = json::array();
  if (samples.empty()) return out;
  for (const auto& m : samples.back().members) {
    const auto of = [&](std::uint64_t member_lag::*value) {
      return column(samples, [&](const lag_sample& s) { return member_value(s, m.name, value); });
    };
    out.push_back({{"name", m.name},
                   {"oldest_unstored_ms", of(&member_lag::oldest_unstored_ms)},
                   {"behind_bytes", of(&member_lag::behind_bytes)}});
  }
  return out;
}

}  // namespace

std::string history_json(const std::vector<lag_sample>& samples, std::uint64_t rpo_target_ms,
                         history_time now) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const json j = {
      {"schema", "cairn.history/1"},
      {"step_ms", milliseconds(history_step).count()},
      {"rpo_target_ms", rpo_target_ms},
      {"age_ms", column(samples,
                        [&](const lag_sample& s) {
                          return json(duration_cast<milliseconds>(now - s.at).count());
                        })},
      {"rpo_ms", column(samples, [](const lag_sample& s) { return nullable(s.rpo); })},
      {"applied_ms", column(samples, [](const lag_sample& s) { return nullable(s.applied); })},
      {"behind_bytes", column(samples, [](const lag_sample& s) { return json(s.behind_bytes); })},
      {"behind_records",
       column(samples, [](const lag_sample& s) { return json(s.behind_records); })},
      {"members", members(samples)}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace cairn

#include <fmt/format.h>

#include <cstdio>

#include "cli/follow.h"
#include "cli/json_fields.h"

namespace cairn {
namespace {

std::string marker_text(const std::string& body) {
  const auto operation = json_value::parse(body);
  const auto& m = operation.at("marker");
  if (m.is_null()) return text_in(operation, "sentence");
  return fmt::format("Marker #{} (epoch {}) is {}; acknowledgements were withheld for {}.",
                     count_in(m, "number"), count_in(m, "epoch"), text_in(m, "outcome"),
                     human_micros(count_in(m, "held_max_us")));
}

}  // namespace

exit_code marker_now(const common_options& common, const std::string& name, bool wait) {
  const json_value body = name.empty() ? json_value::object() : json_value{{"name", name}};
  const auto sent = body.dump(-1, ' ', false, json_value::error_handler_t::replace);
  const auto end = wait ? post_and_follow(common, "/api/v1/markers", sent)
                        : post(common, "/api/v1/markers", sent);
  if (common.json) std::fputs(end.body.c_str(), stdout);
  if (common.json || end.code != exit_code::done) return end.code;
  const auto text = wait ? marker_text(end.body) : "A marker was asked for; --wait waits for it.";
  std::fprintf(stdout, "%s\n", text.c_str());
  return end.code;
}

}  // namespace cairn

#include <cstdio>

#include "cli/follow.h"
#include "cli/json_fields.h"
#include "cli/takeover_text.h"

namespace cairn {
namespace {

std::string request(const takeover_options& options, bool dry_run) {
  json_value body{{"group", options.group}};
  if (options.at) body["at"] = *options.at;
  if (dry_run) {
    body["dry_run"] = true;
  } else {
    body["confirm"] = options.group;
  }
  return body.dump(-1, ' ', false, json_value::error_handler_t::replace);
}

void show(const common_options& common, const followed& end) {
  if (end.body.empty()) return;
  std::fputs((common.json ? end.body : takeover_text(end.body)).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

exit_code take_over(const common_options& common, const takeover_options& options) {
  const std::string target = "/api/v1/takeover";
  const bool named = options.confirm == options.group;
  if (!options.confirm.empty() && !named) {
    return complain(exit_code::usage, "--confirm names \"" + options.confirm +
                                          "\", but the group is \"" + options.group +
                                          "\"; nothing was done");
  }
  const bool run = !options.dry_run && (named || options.yes);
  // With --json there is one document, so the plan is shown only when it is the result.
  if (!run || !common.json) {
    const auto plan = post_and_follow(common, target, request(options, true));
    if (plan.code == exit_code::done || common.json) show(common, plan);
    if (plan.code != exit_code::done || options.dry_run) return plan.code;
  }
  if (!run) {
    return complain(exit_code::usage,
                    "nothing was done; to take over, repeat with --confirm " + options.group);
  }
  const auto end = post_and_follow(common, target, request(options, false));
  if (end.code == exit_code::done || common.json) show(common, end);
  return end.code;
}

}  // namespace cairn

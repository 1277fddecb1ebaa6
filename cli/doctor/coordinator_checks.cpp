#include "cli/doctor/coordinator_checks.h"

#include <fmt/format.h>

#include <cerrno>

#include "cli/doctor/progress.h"
#include "cli/json_fields.h"
#include "cli/unix_client.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "coordinator.answers";
constexpr const char* member_check = "coordinator.members";
constexpr std::chrono::seconds patience{5};

finding judge_heard(const json_value& m) {
  const auto name = text_in(m, "name");
  const auto at = text_in(m, "control");
  if (!m.at("connected").get<bool>())
    return problem(
        member_check,
        fmt::format("member {} at {} can't be reached: {}", name, at, text_in(m, "because")),
        "start its gateway; its [control] `listen` must be that address");
  if (!m.at("fresh").get<bool>())
    return problem(member_check,
                   fmt::format("member {} at {} is connected, but does not answer", name, at),
                   "look into the log of its gateway, and at the load of its machine");
  return ok(member_check, fmt::format("member {} at {} answers", name, at));
}

// Without a coordinator that could say it.
finding judge_asked(const coordinator_config& c, const coordinator_member_config& m) {
  const auto answer = ask_control(m.control, c.group, m.name);
  if (answer)
    return ok(member_check, fmt::format("member {} at {} answers", m.name, m.control.text()));
  return problem(member_check,
                 fmt::format("member {} at {} can't be reached: {}", m.name, m.control.text(),
                             answer.error().text),
                 "start its gateway; its [control] `listen` must be that address");
}

void ask(const examination& seen, const seen_coordinator& s, findings& out) {
  const auto& c = s.config;
  const auto answer = unix_client(c.command_socket, patience).get("/api/v1/summary");
  if (answer && answer->status == 200) return append(out, judge_summary(c.name, answer->body));
  if (!answer && answer.error().code == EACCES) {
    out.push_back(unseen(check, fmt::format("coordinator {}: this user may not ask it", c.name),
                         "run cairn doctor as root, or as the coordinator's user"));
    return;
  }
  const auto why = answer ? fmt::format("its answer is {}", answer->status) : answer.error().text;
  out.push_back(judge_silent(check, fmt::format("coordinator {} does not answer: {}", c.name, why),
                             c.file, see_progress(seen.open, *s.serves, s.unit)));
}

}  // namespace

findings judge_summary(const std::string& coordinator, const std::string& summary) {
  try {
    const auto s = json_value::parse(summary);
    findings out{ok(check, fmt::format("coordinator {} says: {}", coordinator,
                                       text_in(s.at("group"), "verdict")))};
    for (const auto& m : s.at("members")) out.push_back(judge_heard(m));
    return out;
  } catch (const json_value::exception&) {
    return {problem(check, fmt::format("coordinator {} answers what it should not", coordinator),
                    "look into its log; are its version and this one the same?")};
  }
}

findings check_coordinators(const examination& seen) {
  findings out;
  for (const auto& c : seen.coordinators) {
    if (c.serves) {
      ask(seen, c, out);
      continue;
    }
    for (const auto& m : c.config.members) out.push_back(judge_asked(c.config, m));
  }
  return out;
}

}  // namespace cairn::doctor

#include "cli/mount_help_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json_fields.h"

namespace cairn {
namespace {

std::string clients_text(const std::vector<client_commands>& clients) {
  std::string out;
  for (const auto& each : clients)
    out += fmt::format("\n# ---- {}\n{}\n", each.client, fmt::join(each.lines, "\n"));
  return out;
}

// Every line that is no command is a comment, so that the whole may be kept as a script.
std::string plan_text(const mount_plan& p) {
  std::string out = fmt::format("# Volume {} of member {}, at gateway {} ({})\n", p.volume,
                                p.member, p.gateway, p.role);
  for (const auto& note : p.notes) out += "# ! " + note + "\n";
  for (const auto& uri : p.exports) out += "#   " + uri.text + "\n";
  if (p.exports.empty()) out += "# The gateway does not tell where hosts reach it.\n";
  if (std::ranges::any_of(p.exports, &export_uri::any_host)) {
    out +=
        "# 0.0.0.0 and [::] stand for any address of the gateway: put one there that the host "
        "reaches.\n";
  }
  return out + clients_text(p.clients);
}

json_value json_of(const client_commands& c) { return {{"client", c.client}, {"lines", c.lines}}; }

json_value json_of(const mount_plan& p) {
  json_value exports = json_value::array(), clients = json_value::array();
  for (const auto& uri : p.exports) exports.push_back(uri.text);
  for (const auto& each : p.clients) clients.push_back(json_of(each));
  return {{"volume", p.volume}, {"member", p.member},     {"gateway", p.gateway},
          {"role", p.role},     {"writable", p.writable}, {"notes", p.notes},
          {"chap", p.chap},     {"exports", exports},     {"clients", clients}};
}

}  // namespace

std::string mount_help_text(const std::vector<mount_plan>& plans) {
  std::string out;
  for (const auto& p : plans) out += (out.empty() ? "" : "\n") + plan_text(p);
  return out;
}

std::string mount_help_json(const std::vector<mount_plan>& plans) {
  json_value volumes = json_value::array();
  for (const auto& p : plans) volumes.push_back(json_of(p));
  const json_value document{{"schema", "cairn.mount-help/1"}, {"volumes", volumes}};
  return document.dump(-1, ' ', false, json_value::error_handler_t::replace) + "\n";
}

}  // namespace cairn

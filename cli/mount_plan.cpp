#include "cli/mount_plan.h"

#include <fmt/format.h>

#include "cli/json_fields.h"

namespace cairn {
namespace {

std::string role_note(const std::string& role) {
  if (role == "primary") return "";
  if (role == "secondary") {
    return "This is the secondary side, and it was not promoted: over iSCSI the volume is not "
           "exported, over NBD it is read-only. After a takeover hosts reach it as below.";
  }
  if (role == "promoting") {
    return "A takeover is under way: the volume is not exported over iSCSI before it has ended. "
           "After that hosts reach it as below.";
  }
  return "This side takes no writes any more (" + role +
         "): ask the coordinator of the site that has taken over.";
}

std::vector<std::string> notes_on(const json_value& member, const json_value& volume) {
  std::vector<std::string> notes;
  if (!member.at("fresh").get<bool>()) {
    notes.push_back(fmt::format("Its gateway does not answer; this is what it told {} ago.",
                                human_age(number_in(member, "read_age_ms"))));
  }
  if (auto note = role_note(text_in(member.at("status"), "role")); !note.empty())
    notes.push_back(std::move(note));
  if (const auto failed = text_in(volume, "failed"); !failed.empty())
    notes.push_back("The volume has failed: " + failed);
  return notes;
}

std::vector<export_uri> exports_of(const json_value& volume) {
  std::vector<export_uri> exports;
  if (!volume.contains("exports")) return exports;  // a coordinator of an older version
  for (const auto& each : volume.at("exports"))
    if (auto uri = read_export_uri(printable(each.get<std::string>()))) exports.push_back(*uri);
  return exports;
}

mount_plan plan_of(const json_value& member, const json_value& volume) {
  const auto& status = member.at("status");
  mount_plan plan;
  plan.volume = text_in(volume, "name");
  plan.member = text_in(member, "name");
  plan.gateway = text_in(status, "gateway");
  plan.role = text_in(status, "role");
  plan.writable = plan.role == "primary";
  plan.notes = notes_on(member, volume);
  plan.chap = text_in(volume, "chap");
  plan.exports = exports_of(volume);
  plan.clients = commands_for(plan.volume, plan.exports, plan.chap);
  return plan;
}

}  // namespace

mount_search find_mount(const std::string& summary, const std::string& volume) {
  mount_search out;
  const auto document = json_value::parse(summary);
  for (const auto& member : document.at("members")) {
    if (member.at("status").is_null()) {
      out.unheard.push_back(text_in(member, "name"));
      continue;
    }
    for (const auto& each : member.at("status").at("volumes")) {
      const auto name = text_in(each, "name");
      if (name == volume)
        out.found.push_back(plan_of(member, each));
      else
        out.others.push_back(name);
    }
  }
  return out;
}

}  // namespace cairn

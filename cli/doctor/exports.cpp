#include "cli/doctor/exports.h"

#include <fmt/format.h>

#include <cerrno>

#include "cli/doctor/file_systems.h"
#include "cli/doctor/iscsi_look.h"
#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

constexpr const char* nbd_check = "exports.nbd";
constexpr const char* iscsi_check = "exports.iscsi";
constexpr const char* size_check = "exports.size";

bool tells(const std::vector<std::string>& told, const std::string& target) {
  return std::ranges::find(told, target) != told.end();
}

// Without a size of its own a block device has all of it.
std::uint64_t configured_bytes(const examination& seen, const volume_config& v) {
  if (v.size_bytes != 0) return v.size_bytes;
  const disk_look at(seen.disks, v.path);
  return at ? device_bytes(v.path).value_or(0) : 0;
}

void ask_over_nbd(const gateway_config& c, const volume_wanted& wanted, findings& out) {
  if (c.nbd_socket)
    out.push_back(judge_export(nbd_check, wanted, "over NBD at " + *c.nbd_socket,
                               look_over_nbd(*c.nbd_socket, wanted.name)));
  if (c.nbd)
    out.push_back(judge_export(nbd_check, wanted, "over NBD at " + c.nbd->text(),
                               look_over_nbd(*c.nbd, wanted.name)));
}

finding discovery_failed(const std::string& volume, const endpoint& at, const error& why) {
  const auto text = fmt::format("volume {}: no discovery at {}: {}", volume, at.text(), why.text);
  return why.code == EOPNOTSUPP ? unseen(iscsi_check, text)
                                : problem(iscsi_check, text, "the gateway's log says why");
}

void ask_over_iscsi(const iscsi_config& c, const iscsi_volume_config& volume,
                    const volume_wanted& wanted, findings& out) {
  for (const auto& portal : c.listen) {
    const auto told = discover(c, portal, initiator_for(volume));
    if (!told) out.push_back(discovery_failed(wanted.name, portal, told.error()));
    if (told && !wanted.writable) {
      out.push_back(judge_hidden(wanted.name, volume.target, portal, *told));
    } else if (told && !tells(*told, volume.target)) {
      out.push_back(problem(iscsi_check,
                            fmt::format("volume {}: discovery at {} does not tell {}", wanted.name,
                                        portal.text(), volume.target),
                            "start the gateway again if its configuration was changed"));
    } else if (wanted.writable && (told || told.error().code == EOPNOTSUPP)) {
      out.push_back(judge_export(iscsi_check, wanted, "over iSCSI at " + portal.text(),
                                 look_over_iscsi(c, portal, volume)));
    }
  }
}

}  // namespace

finding judge_export(const std::string& check, const volume_wanted& wanted, const std::string& how,
                     const result<volume_seen>& seen) {
  const auto what = fmt::format("volume {} {}", wanted.name, how);
  if (!seen && seen.error().code == EACCES)
    return unseen(check, what + ": this user may not connect", "run cairn doctor as root");
  if (!seen && seen.error().code == EOPNOTSUPP)
    return unseen(check, fmt::format("{}: {}", what, seen.error().text));
  if (!seen)
    return problem(check,
                   fmt::format("{} does not answer as it should: {}", what, seen.error().text),
                   "the gateway's log says why");
  if (wanted.size_bytes != 0 && seen->size_bytes != wanted.size_bytes)
    return problem(size_check,
                   fmt::format("{} has {} bytes, but by the configuration it should have {}", what,
                               seen->size_bytes, wanted.size_bytes),
                   "docs/operations.md, Making a volume larger: SIGHUP, at the secondary first");
  if (seen->writable != wanted.writable)
    return problem(check,
                   fmt::format("{} is {}", what,
                               seen->writable ? "writable, but its gateway "
                                                "is no primary"
                                              : "read-only"),
                   "the gateway's log says why; clients from before a takeover connect again");
  return ok(check, fmt::format("{}: {}, {}{}", what, human_bytes(seen->size_bytes),
                               seen->writable ? "writable" : "read-only",
                               seen->note.empty() ? "" : "; " + seen->note));
}

finding judge_hidden(const std::string& volume, const std::string& target, const endpoint& portal,
                     const std::vector<std::string>& told) {
  if (tells(told, target))
    return problem(iscsi_check,
                   fmt::format("volume {}: {} is exported at {} before a takeover", volume, target,
                               portal.text()),
                   "stop the hosts that use it, and report this as a fault of Cairn");
  return ok(iscsi_check, fmt::format("volume {} is not exported over iSCSI at {} before a takeover",
                                     volume, portal.text()));
}

findings check_exports(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.members) {
      const auto* answer = m.answered();
      if (answer == nullptr) continue;
      for (const auto& v : m.config.volumes) {
        const volume_wanted wanted{v.name, configured_bytes(seen, v),
                                   answer->role == member_role::primary};
        ask_over_nbd(g.config, wanted, out);
        if (g.config.iscsi && v.iscsi) ask_over_iscsi(*g.config.iscsi, *v.iscsi, wanted, out);
      }
    }
  return out;
}

}  // namespace cairn::doctor

#include "cli/doctor/instances.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "cli/doctor/progress.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "running.instances";
constexpr const char* see_all = "run cairn doctor as root";

resource resource_at(const examination& seen, const std::string& what, const std::string& path) {
  const disk_look at(seen.disks, path);
  if (!at) return {what, path, path};
  const auto found = identity_of(path);
  return {what, path, found ? fmt::format("{} {}", found->device, found->inode) : resolved(path)};
}

std::vector<resource> uses_of(const examination& seen, const gateway_config& c) {
  std::vector<resource> out{resource_at(seen, "the state", c.state_directory)};
  for (const auto& m : c.members) {
    out.push_back(resource_at(seen, "the journal", m.journal));
    for (const auto& v : m.volumes) out.push_back(resource_at(seen, "the volume's file", v.path));
  }
  return out;
}

claimant claimant_of(const examination& seen, std::string who, const std::string& file,
                     bool gateway, std::vector<resource> uses) {
  claimant c{std::move(who), file, {}, std::move(uses)};
  for (const auto& r : seen.running)
    if (r.gateway == gateway && same_file(r.file, file)) c.pids.push_back(r.pid);
  const auto pids =
      c.pids.empty() ? "does not run" : fmt::format("pid {}", fmt::join(c.pids, ", "));
  c.who += fmt::format(" ({}, {})", file, pids);
  return c;
}

claimant claimant_of(const examination& seen, const gateway_config& c) {
  return claimant_of(seen, "gateway " + c.name, c.file, true, uses_of(seen, c));
}

claimant claimant_of(const examination& seen, const coordinator_config& c) {
  return claimant_of(seen, "coordinator " + c.name, c.file, false,
                     {resource_at(seen, "the state", c.state_directory)});
}

bool listed(const std::vector<claimant>& all, const std::string& file) {
  return std::ranges::any_of(all, [&](const claimant& c) { return same_file(c.file, file); });
}

// Those that are examined, and those that run with other configurations.
std::vector<claimant> claimants(const examination& seen) {
  std::vector<claimant> all;
  for (const auto& g : seen.gateways) all.push_back(claimant_of(seen, g.config));
  for (const auto& c : seen.coordinators) all.push_back(claimant_of(seen, c.config));
  for (const auto& r : seen.running) {
    if (listed(all, r.file)) continue;
    const auto gateway = r.gateway ? read_gateway_config(r.file) : fail(0, "");
    const auto coordinator = r.gateway ? fail(0, "") : read_coordinator_config(r.file);
    if (gateway) all.push_back(claimant_of(seen, *gateway));
    if (coordinator) all.push_back(claimant_of(seen, *coordinator));
  }
  return all;
}

std::vector<std::string> shared(const claimant& a, const claimant& b) {
  std::vector<std::string> out;
  for (const auto& one : a.uses)
    for (const auto& other : b.uses)
      if (one.identity == other.identity) out.push_back(one.what + " " + one.path);
  return out;
}

bool has(const std::vector<pid_t>& pids, pid_t pid) {
  return std::ranges::find(pids, pid) != pids.end();
}

bool claims(const std::vector<claimant>& all, pid_t pid) {
  return std::ranges::any_of(all, [&](const claimant& c) { return has(c.pids, pid); });
}

// The pairs of claimants are judged already.
void add_intruders(const examination& seen, const std::vector<claimant>& all, const claimant& c,
                   findings& out) {
  for (const auto& each : c.uses) {
    const disk_look at(seen.disks, each.path);
    if (!at) continue;
    const auto path = each.what == "the journal" ? each.path + "/lock" : each.path;
    for (const auto& o : seen.open.of(path))
      if ((o.locked || o.writable) && !claims(all, o.pid))
        out.push_back(judge_intruder(c, {each, seen.open.name_of(o.pid), o.locked}));
  }
}

// nullopt: its disk hangs.
std::optional<bool> exists(const examination& seen, const std::string& path) {
  const disk_look at(seen.disks, path);
  if (!at) return std::nullopt;
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

}  // namespace

findings judge_claims(const std::vector<claimant>& all) {
  findings out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].pids.size() > 1)
      out.push_back(problem(check, all[i].who + " runs more than once",
                            "find out who started the second one, and stop it"));
    for (std::size_t j = i + 1; j < all.size(); ++j)
      if (const auto both = shared(all[i], all[j]); !both.empty())
        out.push_back(problem(check,
                              fmt::format("{} and {} have the same: {}", all[i].who, all[j].who,
                                          fmt::join(both, ", ")),
                              "stop one of them, and give it paths of its own"));
  }
  return out;
}

finding judge_intruder(const claimant& whose, const intruder& i) {
  return problem(check,
                 fmt::format("{} {} of {} is {} by {}", i.at.what, i.at.path, whose.who,
                             i.locked ? "locked" : "open for writing", i.who),
                 "stop that program: only the gateway may write there");
}

findings check_instances(const examination& seen) {
  const auto all = claimants(seen);
  auto out = judge_claims(all);
  // The examined ones come first.
  for (std::size_t i = 0; i < seen.gateways.size(); ++i) add_intruders(seen, all, all[i], out);
  if (!seen.open.complete)
    out.push_back(unseen(check, "what programs of other users have open is not seen", see_all));
  else if (out.empty())
    out.push_back(ok(check, "nobody else uses a journal, state or volume"));
  return out;
}

findings check_running(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways) {
    std::optional<bool> before = false;
    for (const auto& m : g.config.members)
      if (before == false) before = exists(seen, m.journal + "/catalog.db");
    out.push_back(judge_running("gateway " + g.config.name, g.serves, g.unit, before,
                                by_unit("start", g.config.file, true)));
  }
  for (const auto& c : seen.coordinators)
    out.push_back(judge_running("coordinator " + c.config.name, c.serves, c.unit,
                                exists(seen, c.config.state_directory + "/lock"),
                                by_unit("start", c.config.file, false)));
  return out;
}

}  // namespace cairn::doctor

#include "cli/doctor/examination.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cli/doctor/bounded_look.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "configuration.file";

finding unreadable(const std::string& file, const error& why) {
  if (access(file.c_str(), R_OK) != 0 && errno == EACCES)
    return unseen(check, file + " may not be read", "run cairn doctor as root");
  return problem(check, why.text,
                 fmt::format("correct {}; docs/configuration.md explains the keys", file));
}

finding good(const gateway_config& c) {
  std::size_t volumes = 0;
  for (const auto& m : c.members) volumes += m.volumes.size();
  return ok(check, fmt::format("{} is good: gateway {}, {} member{}, {} volume{}", c.file, c.name,
                               c.members.size(), c.members.size() == 1 ? "" : "s", volumes,
                               volumes == 1 ? "" : "s"));
}

finding good(const coordinator_config& c) {
  return ok(check, fmt::format("{} is good: {} coordinator {} of group {}", c.file,
                               c.primary ? "primary" : "secondary", c.name, c.group));
}

// Of members whose journal hangs nobody asks who holds it.
gateway_config answering(gateway_config config, const disk_watch& disks) {
  std::erase_if(config.members, [&](const member_config& m) { return disks.hangs(m.journal); });
  return config;
}

std::vector<std::string> paths_of(const gateway_config& c) {
  std::vector<std::string> out{c.state_directory};
  for (const auto& m : c.members) {
    out.push_back(m.journal);
    for (const auto& v : m.volumes) out.push_back(v.path);
  }
  return out;
}

// So that what hangs is known before anything else, and is told once.
void touch(const std::vector<std::string>& paths, examination& seen, findings& out) {
  append(out, bounded_look(seen.disks, seen.mounts, [&] {
           for (const auto& path : paths)
             if (const disk_look at(seen.disks, path); at) existing_part(path);
           return findings();
         }));
}

seen_gateway look_at(gateway_config config, const examination& seen) {
  seen_gateway out;
  out.serves = server_of(seen.running, seen.open, answering(config, seen.disks));
  out.unit = see_unit(config.file, true);
  for (const auto& m : config.members) {
    seen_member one{m, std::nullopt};
    if (out.serves) one.answer = ask_control(config.control, m.group, m.name);
    out.members.push_back(std::move(one));
  }
  out.config = std::move(config);
  return out;
}

}  // namespace

bool is_installed(const examination& seen, const std::string& file) {
  namespace fs = std::filesystem;
  return fs::path(resolved(file)).parent_path() == fs::path(resolved(seen.directory));
}

examination examine(const std::string& directory, const std::vector<std::string>& gateway_files,
                    const std::vector<std::string>& coordinator_files, findings& out) {
  examination seen;
  seen.directory = directory;
  seen.open = see_openings();
  seen.mounts = see_mounts();
  seen.running = running_cairn(seen.open);
  for (const auto& file : gateway_files) {
    auto config = read_gateway_config(file);
    out.push_back(config ? good(*config) : unreadable(file, config.error()));
    if (!config) continue;
    touch(paths_of(*config), seen, out);
    seen.gateways.push_back(look_at(*std::move(config), seen));
  }
  for (const auto& file : coordinator_files) {
    auto config = read_coordinator_config(file);
    out.push_back(config ? good(*config) : unreadable(file, config.error()));
    if (!config) continue;
    touch({config->state_directory}, seen, out);
    auto serves = server_of(seen.running, *config);
    auto unit = see_unit(file, false);
    seen.coordinators.push_back({*std::move(config), std::move(serves), std::move(unit)});
  }
  return seen;
}

}  // namespace cairn::doctor

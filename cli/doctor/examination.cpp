#include "cli/doctor/examination.h"

#include <fmt/format.h>

#include <filesystem>

namespace cairn::doctor {
namespace {

constexpr const char* check = "configuration.file";

finding unreadable(const std::string& file, const error& why) {
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

seen_gateway look_at(gateway_config config, const examination& seen) {
  seen_gateway out;
  out.serves = server_of(seen.running, seen.open, config);
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
    if (config) seen.gateways.push_back(look_at(*std::move(config), seen));
  }
  for (const auto& file : coordinator_files) {
    auto config = read_coordinator_config(file);
    out.push_back(config ? good(*config) : unreadable(file, config.error()));
    if (!config) continue;
    auto serves = server_of(seen.running, *config);
    seen.coordinators.push_back({*std::move(config), std::move(serves)});
  }
  return seen;
}

}  // namespace cairn::doctor

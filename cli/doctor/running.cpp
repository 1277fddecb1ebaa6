#include "cli/doctor/running.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/doctor/mounts.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* plugin_name = "nbdkit-cairn-plugin.so";

// --config FILE, --config=FILE
std::string config_option(const std::vector<std::string>& words) {
  const std::string option = "--config";
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].starts_with(option + "=")) return words[i].substr(option.size() + 1);
    if (words[i] == option && i + 1 < words.size()) return words[i + 1];
  }
  return {};
}

// What the launcher gives nbdkit.
std::string plugin_setting(const std::vector<std::string>& words) {
  const std::string key = "config=";
  const bool ours = std::ranges::any_of(
      words, [](const auto& w) { return fs::path(w).filename() == plugin_name; });
  const auto found = std::ranges::find_if(words, [&](const auto& w) { return w.starts_with(key); });
  return ours && found != words.end() ? found->substr(key.size()) : std::string();
}

bool holds_a_journal(const openings& open, pid_t pid, const gateway_config& config) {
  return std::ranges::any_of(config.members, [&](const member_config& m) {
    return std::ranges::any_of(open.of(m.journal + "/lock"),
                               [&](const opening& o) { return o.pid == pid && o.locked; });
  });
}

}  // namespace

std::optional<running_program> cairn_program(const program& p) {
  if (p.words.empty()) return std::nullopt;
  const auto name = fs::path(p.words.front()).filename().string();
  const bool launcher = name == "cairn-gateway";
  std::string file;
  if (launcher || name == "cairn-coordinator") file = config_option(p.words);
  if (name == "nbdkit") file = plugin_setting(p.words);
  if (file.empty()) return std::nullopt;
  if (!file.starts_with('/')) file = p.directory + "/" + file;
  return running_program{p.pid, p.runs_as, launcher || name == "nbdkit", file, p.groups, p.unit};
}

std::vector<running_program> running_cairn(const openings& open) {
  std::vector<running_program> out;
  for (const auto& [pid, p] : open.programs)
    if (auto found = cairn_program(p)) out.push_back(*std::move(found));
  return out;
}

std::optional<std::string> unit_of(const std::string& file, bool gateway) {
  const std::string kind = gateway ? "gateway" : "coordinator";
  const auto name = fs::path(file).stem().string();
  if (!file.starts_with("/etc/cairn/")) return std::nullopt;
  const auto instance = name.starts_with(kind + "-") ? "@" + name.substr(kind.size() + 1) : "";
  return fmt::format("cairn-{}{}", kind, instance);
}

std::string by_unit(const std::string& verb, const std::string& file, bool gateway) {
  if (const auto unit = unit_of(file, gateway)) return fmt::format("systemctl {} {}", verb, *unit);
  return fmt::format("{} cairn-{} --config {}", verb, gateway ? "gateway" : "coordinator", file);
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  return fs::equivalent(a, b, failed) || resolved(a) == resolved(b);
}

std::optional<running_program> server_of(const std::vector<running_program>& all,
                                         const openings& open, const gateway_config& config) {
  std::optional<running_program> found;
  for (const auto& each : all) {
    if (!each.gateway || !same_file(each.file, config.file)) continue;
    if (!found || holds_a_journal(open, each.pid, config)) found = each;
  }
  return found;
}

std::optional<running_program> server_of(const std::vector<running_program>& all,
                                         const coordinator_config& config) {
  for (const auto& each : all)
    if (!each.gateway && same_file(each.file, config.file)) return each;
  return std::nullopt;
}

}  // namespace cairn::doctor

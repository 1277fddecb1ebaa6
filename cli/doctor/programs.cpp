#include "cli/doctor/programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/version.h"
#include "cli/doctor/child.h"
#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* check = "programs.version";
constexpr const char* nbdkit_check = "programs.nbdkit";
constexpr const char* plugin_file = "nbdkit-cairn-plugin.so";
constexpr const char* deleted = " (deleted)";

fs::path own_directory() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

// Beside this command, as in a build tree, or where packages put it.
std::string program_path(const std::string& name) {
  std::error_code failed;
  for (const auto& place : {own_directory(), own_directory().parent_path() / "sbin"})
    if (fs::exists(place / name, failed)) return (place / name).string();
  return name;
}

// "0.1.0" of "0.1.0 (6a6d469b2f1c)".
std::string number_of(const std::string& version) { return version.substr(0, version.find(' ')); }

std::string version_in(const std::string& line) {
  const auto words = line.substr(0, line.find('\n'));
  return words.substr(words.find(' ') + 1);  // behind the program's name
}

std::string setting(const std::string& lines, const std::string& key) {
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
  return {};
}

// nullopt: nowhere.
std::optional<std::string> plugin_path() {
  std::error_code failed;
  const auto beside = own_directory().parent_path() / "lib" / plugin_file;
  if (fs::exists(beside, failed)) return beside.string();
  const auto said = output_of({"nbdkit", "--dump-config"});
  const auto installed = fs::path(setting(said.value_or(""), "plugindir")) / plugin_file;
  return fs::exists(installed, failed) ? std::optional(installed.string()) : std::nullopt;
}

finding look_at_nbdkit() {
  const auto said = output_of({"nbdkit", "--version"});
  if (said) return judge_nbdkit(*said);
  return problem(nbdkit_check, "nbdkit can't be run: " + said.error().text,
                 "install the package nbdkit: a gateway runs inside it");
}

finding look_at_plugin(const std::string& own) {
  const auto path = plugin_path();
  if (!path)
    return problem("programs.plugin", fmt::format("nbdkit has no {}", plugin_file),
                   "install the package cairn-gateway, or install it again");
  const auto said = output_of({"nbdkit", "--dump-plugin", *path});
  if (!said)
    return problem("programs.plugin", fmt::format("nbdkit can't load {}", *path),
                   fmt::format("nbdkit --dump-plugin {} says why", *path));
  return judge_version(own, *path, setting(*said, "version"));
}

findings look_at_program(const std::string& own, const std::string& name) {
  const auto path = program_path(name);
  const auto said = output_of({path, "--version"});
  if (said) return {judge_version(own, path, version_in(*said))};
  return {problem(check, fmt::format("{} can't be run: {}", path, said.error().text),
                  fmt::format("install the package {}", name))};
}

}  // namespace

std::optional<std::pair<int, int>> nbdkit_version(const std::string& said) {
  std::pair<int, int> v;
  if (std::sscanf(said.c_str(), "nbdkit %d.%d", &v.first, &v.second) != 2) return std::nullopt;
  return v;
}

finding judge_nbdkit(const std::string& said) {
  const auto v = nbdkit_version(said);
  const auto line = said.substr(0, said.find('\n'));
  if (!v) return warning(nbdkit_check, "nbdkit does not tell its version", "nbdkit --version");
  if (*v >= nbdkit_min) return ok(nbdkit_check, line);
  return problem(nbdkit_check,
                 fmt::format("{} is older than {}.{}", line, nbdkit_min.first, nbdkit_min.second),
                 "upgrade the package nbdkit, then start the gateway again");
}

finding judge_version(const std::string& own, const std::string& name, const std::string& said) {
  if (said == own) return ok(check, fmt::format("{} is version {}", name, said));
  const auto text =
      fmt::format("{} is version {}, this command {}", name, said.empty() ? "unknown" : said, own);
  if (number_of(said) == number_of(own))
    return warning(check, text + ": of another commit", "install or build all of one commit");
  return problem(check, text,
                 "install the packages cairn, cairn-gateway and cairn-coordinator in one version");
}

std::vector<std::string> replaced_files(const std::string& maps) {
  std::set<std::string> found;
  std::istringstream lines(maps);
  for (std::string line; std::getline(lines, line);) {
    const auto path = line.find('/');
    if (path == std::string::npos || !line.ends_with(deleted)) continue;
    const auto file = line.substr(path, line.size() - path - std::string(deleted).size());
    const auto name = fs::path(file).filename().string();
    if (name == plugin_file || name == "nbdkit" || name == "cairn-coordinator") found.insert(file);
  }
  return {found.begin(), found.end()};
}

findings check_programs(const examination& seen) {
  const auto own = version_text();
  findings out;
  if (!seen.gateways.empty()) {
    out.push_back(look_at_nbdkit());
    out.push_back(look_at_plugin(own));
    append(out, look_at_program(own, "cairn-gateway"));
  }
  if (!seen.coordinators.empty()) append(out, look_at_program(own, "cairn-coordinator"));
  out.push_back(ok("programs.sqlite", fmt::format("SQLite is version {}", sqlite3_libversion())));
  return out;
}

findings check_replaced(const examination& seen) {
  findings out;
  const auto look = [&](const std::optional<running_program>& serves, const std::string& name,
                        const std::string& restart) {
    if (!serves) return;
    const auto maps = read_small(fmt::format("/proc/{}/maps", serves->pid));
    const auto files = replaced_files(maps.value_or(""));
    if (files.empty()) return;
    out.push_back(
        warning("programs.replaced",
                fmt::format("{} (pid {}) still runs what was installed before: {} was replaced",
                            name, serves->pid, fmt::join(files, ", ")),
                "when its hosts can wait some seconds: " + restart));
  };
  for (const auto& g : seen.gateways)
    look(g.serves, "gateway " + g.config.name, by_unit("restart", g.config.file, true));
  for (const auto& c : seen.coordinators)
    look(c.serves, "coordinator " + c.config.name, by_unit("restart", c.config.file, false));
  return out;
}

}  // namespace cairn::doctor

#include "cli/doctor/unit.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <map>
#include <sstream>

#include "cli/doctor/child.h"
#include "cli/doctor/mounts.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "running.unit";

// Each property once a value; lists may have several lines.
std::multimap<std::string, std::string> properties(const std::string& shown) {
  std::multimap<std::string, std::string> out;
  std::istringstream lines(shown);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

// Spaces are written as \x20.
std::string unescaped(const std::string& word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool escape = word.compare(i, 2, "\\x") == 0 && i + 3 < word.size();
    out += escape ? static_cast<char>(std::strtoul(word.substr(i + 2, 2).c_str(), nullptr, 16))
                  : word[i];
    if (escape) i += 3;
  }
  return out;
}

class shown_unit {
 public:
  explicit shown_unit(const std::string& text) : all_(properties(text)) {}

  std::string one(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? std::string() : found->second;
  }
  std::vector<std::string> words(const std::string& name) const {
    std::vector<std::string> out;
    const auto [first, last] = all_.equal_range(name);
    for (auto at = first; at != last; ++at) {
      std::istringstream in(at->second);
      for (std::string word; in >> word;) out.push_back(unescaped(word));
    }
    return out;
  }

 private:
  std::multimap<std::string, std::string> all_;
};

// "-" before a path: it may be missing; "+": below RootDirectory.
std::string without_marks(const std::string& path) {
  return path.substr(std::min(path.find_first_not_of("-+"), path.size()));
}

std::vector<std::string> writable_in(const shown_unit& u) {
  std::vector<std::string> out;
  for (const auto& each : u.words("ReadWritePaths")) out.push_back(without_marks(each));
  for (const auto& [name, top] :
       {std::pair("StateDirectory", "/var/lib/"), std::pair("RuntimeDirectory", "/run/"),
        std::pair("LogsDirectory", "/var/log/"), std::pair("CacheDirectory", "/var/cache/")})
    for (const auto& each : u.words(name)) out.push_back(top + each);
  return out;
}

std::vector<std::string> hidden_in(const shown_unit& u) {
  std::vector<std::string> out;
  const auto home = u.one("ProtectHome");
  if (home == "yes" || home == "tmpfs") out = {"/home", "/root", "/run/user"};
  if (u.one("PrivateTmp") == "yes") out.insert(out.end(), {"/tmp", "/var/tmp"});
  return out;
}

// Words in pairs: what, and how it may be opened.
std::vector<std::string> devices_in(const shown_unit& u) {
  std::vector<std::string> out;
  const auto words = u.words("DeviceAllow");
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    if (words[i + 1].find('r') != std::string::npos && words[i + 1].find('w') != std::string::npos)
      out.push_back(words[i]);
  return out;
}

bool below_any(const std::string& path, const std::vector<std::string>& tops) {
  return std::ranges::any_of(tops, [&](const auto& top) { return is_below(path, top); });
}

bool names(const std::string& allowed, const device_seen& d) {
  const auto driver = "block-" + d.driver;
  return std::ranges::find(d.names, allowed) != d.names.end() ||
         (allowed.starts_with("block-") && fnmatch(allowed.c_str(), driver.c_str(), 0) == 0);
}

std::string edited(const unit_seen& u, const std::string& line) {
  return fmt::format("systemctl edit {0}: [Service] {1}; then systemctl restart {0}", u.name, line);
}

}  // namespace

std::optional<unit_seen> read_unit(const std::string& name, const std::string& shown) {
  const shown_unit u(shown);
  if (u.one("LoadState") != "loaded") return std::nullopt;
  unit_seen out;
  out.name = name;
  out.state = u.one("ActiveState");
  out.step = u.one("SubState");
  out.result = u.one("Result");
  out.restarts = unsigned(std::strtoul(u.one("NRestarts").c_str(), nullptr, 10));
  out.user = u.one("User");
  out.groups = u.words("SupplementaryGroups");
  out.read_only = u.one("ProtectSystem") == "strict";
  out.writable = writable_in(u);
  out.hidden = hidden_in(u);
  out.has_devices = u.one("PrivateDevices") != "yes";
  out.devices = devices_in(u);
  const auto policy = u.one("DevicePolicy");
  out.devices_named = policy == "closed" || policy == "strict" || !u.words("DeviceAllow").empty();
  return out;
}

std::optional<unit_seen> see_unit(const std::string& file, bool gateway) {
  const auto name = unit_of(file, gateway);
  if (!name) return std::nullopt;
  const auto full = *name + ".service";
  const auto shown = output_of(
      {"systemctl", "show", "--property",
       "LoadState,ActiveState,SubState,Result,NRestarts,User,SupplementaryGroups,ProtectSystem,"
       "ProtectHome,PrivateTmp,"
       "ReadWritePaths,StateDirectory,RuntimeDirectory,LogsDirectory,CacheDirectory,PrivateDevices,"
       "DevicePolicy,DeviceAllow",
       full});
  return shown ? read_unit(full, *shown) : std::nullopt;
}

bool by_hand(const std::optional<running_program>& serves, const std::optional<unit_seen>& unit) {
  return serves && (!unit || serves->unit != unit->name);
}

finding judge_written(const unit_seen& u, const std::string& what, const std::string& path,
                      const std::string& directory) {
  if (below_any(path, u.hidden))
    return problem(
        check,
        fmt::format("{} {} is not there for {}, which has no /home and a /tmp of its own", what,
                    path, u.name),
        "move it to another directory, /var/lib/cairn or /srv");
  if (u.read_only && !below_any(path, u.writable))
    return problem(
        check,
        fmt::format("{} {} can't be written by {}: ProtectSystem=strict", what, path, u.name),
        edited(u, fmt::format("ReadWritePaths={}, a directory that is there", directory)));
  return ok(check, fmt::format("{} {} can be written by {}", what, path, u.name));
}

finding judge_unit_device(const unit_seen& u, const device_seen& d) {
  const bool named = std::ranges::any_of(u.devices, [&](const auto& a) { return names(a, d); });
  if (u.has_devices && (!u.devices_named || named))
    return ok(check, fmt::format("volume {}: {} can be opened by {}", d.volume, d.path, u.name));
  const auto why = u.has_devices ? "DeviceAllow does not name it" : "PrivateDevices=yes";
  return problem(
      check, fmt::format("volume {}: {} can't be opened by {}: {}", d.volume, d.path, u.name, why),
      edited(u, fmt::format("PrivateDevices=no, DeviceAllow={} rw and SupplementaryGroups=disk, a "
                            "line each (block-devices.conf.example)",
                            d.path)));
}

// After "Block devices:" lines of NUMBER NAME.
std::string block_driver(const std::string& proc_devices, unsigned major) {
  const auto begin = proc_devices.find("Block devices:");
  if (begin == std::string::npos) return {};
  std::istringstream lines(proc_devices.substr(begin));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    unsigned number = 0;
    std::string name;
    if (in >> number >> name && number == major) return name;
  }
  return {};
}

}  // namespace cairn::doctor

#include "cli/doctor/modes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "cli/doctor/readable.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "configuration.modes";
constexpr mode_t others = 07;

class looker {
 public:
  looker(findings& out, const disk_watch& disks, std::optional<service_user> user)
      : out_(out), disks_(disks), user_(std::move(user)) {}

  void own(const std::string& what, const std::string& path) {
    if (const auto s = see(what, path))
      out_.push_back(judge_mode(*s, user_ ? std::optional(user_->uid) : std::nullopt));
  }
  void config(const std::string& file) {
    const disk_look at(disks_, file);
    if (!at) return;
    const auto directory = std::filesystem::path(file).parent_path().string();
    if (const auto s = see("the configuration", file)) out_.push_back(judge_config_mode(*s));
    const auto s = see("the directory of the configuration", directory);
    if (s && judge_config_mode(*s).is != level::ok) out_.push_back(judge_config_mode(*s));
    const auto way = way_to(file);
    if (user_ && !way.empty()) out_.push_back(judge_readable("the configuration", way, *user_));
  }

 private:
  // Nothing there is as it should be before the first start.
  std::optional<mode_seen> see(const std::string& what, const std::string& path) {
    const disk_look at(disks_, path);
    if (!at) return std::nullopt;
    struct stat found {};
    if (stat(path.c_str(), &found) == 0)
      return mode_seen{what, path, found.st_mode & 07777, found.st_uid, S_ISDIR(found.st_mode)};
    if (errno == EACCES)
      out_.push_back(unseen(check, fmt::format("{} {} may not be looked at", what, path),
                            "run cairn doctor as root, or as the gateway's user"));
    return std::nullopt;
  }

  findings& out_;
  const disk_watch& disks_;
  const std::optional<service_user> user_;
};

}  // namespace

finding judge_mode(const mode_seen& s, std::optional<uid_t> runs_as) {
  if ((s.mode & others) != 0)
    return problem(check,
                   fmt::format("{} {} has mode {:04o}: everybody on this machine may {} it", s.what,
                               s.path, s.mode, (s.mode & 02) != 0 ? "change" : "look into"),
                   fmt::format("chmod o= {}", s.path));
  if (runs_as && s.owner != *runs_as)
    return problem(
        check,
        fmt::format("{} {} belongs to {}, but the gateway or coordinator runs as {}", s.what,
                    s.path, user_named(s.owner), user_named(*runs_as)),
        fmt::format("chown {}{} {}", s.directory ? "-R " : "", user_named(*runs_as), s.path));
  return ok(check,
            fmt::format("{} {} is {}'s, mode {:04o}", s.what, s.path, user_named(s.owner), s.mode));
}

finding judge_config_mode(const mode_seen& s) {
  // In a directory with the sticky bit (/tmp) others can't replace it.
  const bool writable = (s.mode & 02) != 0 && !(s.directory && (s.mode & S_ISVTX) != 0);
  if (writable)
    return problem(check,
                   fmt::format("{} {} has mode {:04o}: everybody on this machine may change it",
                               s.what, s.path, s.mode),
                   fmt::format("chmod o-w {}", s.path));
  return ok(check,
            fmt::format("{} {} is {}'s, mode {:04o}", s.what, s.path, user_named(s.owner), s.mode));
}

findings check_modes(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways) {
    looker look(out, seen.disks, user_of(seen, g.config.file, g.serves, g.unit));
    look.config(g.config.file);
    look.own("the state of " + g.config.name, g.config.state_directory);
    for (const auto& m : g.config.members) {
      look.own("the journal of " + m.name, m.journal);
      for (const auto& v : m.volumes)
        if (!v.path.starts_with("/dev/")) look.own("volume " + v.name, v.path);
    }
  }
  for (const auto& c : seen.coordinators) {
    looker look(out, seen.disks, user_of(seen, c.config.file, c.serves, c.unit));
    look.config(c.config.file);
    look.own("the state of coordinator " + c.config.name, c.config.state_directory);
  }
  return out;
}

}  // namespace cairn::doctor

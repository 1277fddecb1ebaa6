#include "cli/doctor/modes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
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

struct run {
  std::string who;
  const std::string& file;
  bool gateway = false;
  const std::optional<running_program>& serves;
  const std::optional<unit_seen>& unit;
};

std::vector<std::string> paths_of(const gateway_config& c) {
  std::vector<std::string> out{c.state_directory};
  for (const auto& m : c.members) {
    out.push_back(m.journal);
    for (const auto& v : m.volumes)
      if (!v.path.starts_with("/dev/")) out.push_back(v.path);
  }
  return out;
}

bool owns_any(const examination& seen, uid_t user, const std::vector<std::string>& paths) {
  return std::ranges::any_of(paths, [&](const std::string& path) {
    const disk_look at(seen.disks, path);
    struct stat found {};
    return at && stat(path.c_str(), &found) == 0 && found.st_uid == user;
  });
}

// Who is to own and read it all. A root that took the service's place is told to make way for it.
std::optional<service_user> judged_user(const examination& seen, const run& r,
                                        const std::vector<std::string>& paths, findings& out) {
  const auto service = service_of(seen, r.file, r.unit);
  if (!r.serves || !by_hand(r.serves, r.unit)) return service;
  const bool displaced = r.serves->runs_as == 0 && service && service->uid != 0 &&
                         (r.unit || owns_any(seen, service->uid, paths));
  if (!displaced) return user_running(*r.serves);
  out.push_back(judge_root_by_hand(r.who, r.serves->pid, service->name, paths,
                                   by_unit("start", r.file, r.gateway)));
  return service;
}

}  // namespace

finding judge_mode(const mode_seen& s, std::optional<uid_t> runs_as) {
  if ((s.mode & others) != 0)
    return problem(check,
                   fmt::format("{} {} has mode {:04o}: everybody on this machine may {} it", s.what,
                               s.path, s.mode, (s.mode & 02) != 0 ? "change" : "look into"),
                   fmt::format("chmod o= {}", s.path));
  if (runs_as && *runs_as != 0 && s.owner != *runs_as)
    return problem(
        check,
        fmt::format("{} {} belongs to {}, but the gateway or coordinator runs as {}", s.what,
                    s.path, user_named(s.owner), user_named(*runs_as)),
        fmt::format("chown {}{} {}", s.directory ? "-R " : "", user_named(*runs_as), s.path));
  return ok(check,
            fmt::format("{} {} is {}'s, mode {:04o}", s.what, s.path, user_named(s.owner), s.mode));
}

finding judge_root_by_hand(const std::string& who, pid_t pid, const std::string& service_user,
                           const std::vector<std::string>& directories, const std::string& start) {
  return problem(
      check,
      fmt::format("{} (pid {}) was started by hand as root, but its service runs as {}, who can't "
                  "use what root makes",
                  who, pid, service_user),
      fmt::format("stop it, then chown -R {} {}, then {}", service_user,
                  fmt::join(directories, " "), start));
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
    const run r{"gateway " + g.config.name, g.config.file, true, g.serves, g.unit};
    looker look(out, seen.disks, judged_user(seen, r, paths_of(g.config), out));
    look.config(g.config.file);
    look.own("the state of " + g.config.name, g.config.state_directory);
    for (const auto& m : g.config.members) {
      look.own("the journal of " + m.name, m.journal);
      for (const auto& v : m.volumes)
        if (!v.path.starts_with("/dev/")) look.own("volume " + v.name, v.path);
    }
  }
  for (const auto& c : seen.coordinators) {
    const run r{"coordinator " + c.config.name, c.config.file, false, c.serves, c.unit};
    looker look(out, seen.disks, judged_user(seen, r, {c.config.state_directory}, out));
    look.config(c.config.file);
    look.own("the state of coordinator " + c.config.name, c.config.state_directory);
  }
  return out;
}

}  // namespace cairn::doctor

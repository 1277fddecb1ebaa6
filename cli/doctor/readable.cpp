#include "cli/doctor/readable.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* check = "configuration.modes";
constexpr mode_t reads = 04, enters = 01;

// The kernel takes the first class that fits, though a later one might allow more.
bool may(const service_user& u, const step_seen& s, mode_t wanted) {
  if (u.uid == 0 || s.has_acl) return true;
  if (u.uid == s.owner) return (s.mode >> 6 & wanted) != 0;
  const bool member = std::ranges::find(u.groups, s.group) != u.groups.end();
  return ((member ? s.mode >> 3 : s.mode) & wanted) != 0;
}

finding kept_out(const std::string& what, const std::string& file, const step_seen& at,
                 const service_user& u) {
  if (!at.directory)
    return problem(check,
                   fmt::format("{} {} can't be read by the user {}: it is {}'s, mode {:04o}", what,
                               file, u.name, user_named(at.owner), at.mode),
                   fmt::format("chgrp {0} {1} && chmod 640 {1}", u.group, at.path));
  return problem(check,
                 fmt::format("{} {} can't be read by the user {}, who may not enter {}: it is "
                             "{}'s, mode {:04o}",
                             what, file, u.name, at.path, user_named(at.owner), at.mode),
                 fmt::format("chgrp {0} {1} && chmod g+x {1}", u.group, at.path));
}

std::vector<gid_t> groups_of(const passwd& p) {
  int count = 64;
  std::vector<gid_t> groups(std::size_t(count), p.pw_gid);
  if (getgrouplist(p.pw_name, p.pw_gid, groups.data(), &count) == -1) {
    groups.resize(std::size_t(count));
    getgrouplist(p.pw_name, p.pw_gid, groups.data(), &count);
  }
  groups.resize(std::size_t(count));
  return groups;
}

std::string group_named(gid_t gid) {
  const group* found = getgrgid(gid);
  return found == nullptr ? std::to_string(gid) : found->gr_name;
}

std::optional<service_user> known_user(const std::string& name) {
  const passwd* found = getpwnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return service_user{found->pw_uid, name, group_named(found->pw_gid), groups_of(*found)};
}

std::optional<service_user> user_of_unit(const unit_seen& u) {
  auto user = known_user(u.user.empty() ? "root" : u.user);
  for (const auto& name : u.groups)
    if (const group* found = getgrnam(name.c_str()); user && found != nullptr)
      user->groups.push_back(found->gr_gid);
  return user;
}

bool add_steps(const fs::path& file, std::vector<step_seen>& way) {
  fs::path at;
  for (const auto& part : file) {
    at /= part;
    struct stat found {};
    if (stat(at.c_str(), &found) != 0) return false;
    const bool acl = getxattr(at.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
    way.push_back({at.string(), found.st_mode & 07777, found.st_uid, found.st_gid,
                   S_ISDIR(found.st_mode), acl});
  }
  return true;
}

}  // namespace

std::string user_named(uid_t uid) {
  const passwd* found = getpwuid(uid);
  return found == nullptr ? std::to_string(uid) : found->pw_name;
}

finding judge_readable(const std::string& what, const std::vector<step_seen>& way,
                       const service_user& user) {
  const auto& file = way.back().path;
  for (const auto& each : way)
    if (!may(user, each, each.directory ? enters : reads)) return kept_out(what, file, each, user);
  return ok(check, fmt::format("{} {} can be read by the user {}", what, file, user.name));
}

std::vector<step_seen> way_to(const std::string& file) {
  std::vector<step_seen> way;
  std::error_code failed;
  const auto named = fs::absolute(file, failed).lexically_normal();
  const auto real = fs::canonical(named, failed);
  if (failed || !add_steps(named, way)) return {};
  if (real != named && !add_steps(real, way)) return {};
  return way;
}

service_user user_running(const running_program& p) {
  const auto group = p.groups.empty() ? std::string() : group_named(p.groups.front());
  return {p.runs_as, user_named(p.runs_as), group, p.groups};
}

std::optional<service_user> service_of(const examination& seen, const std::string& file,
                                       const std::optional<unit_seen>& unit) {
  if (unit) return user_of_unit(*unit);
  return is_installed(seen, file) ? known_user("cairn") : std::nullopt;
}

}  // namespace cairn::doctor

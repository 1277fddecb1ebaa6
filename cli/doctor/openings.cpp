#include "cli/doctor/openings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;

// Without asking a server for what it knows: the numbers that count here never change.
std::optional<file_identity> identity_at(const std::string& path) {
  struct statx found {};
  if (statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &found) != 0)
    return std::nullopt;
  if (S_ISBLK(found.stx_mode))
    return file_identity{makedev(found.stx_rdev_major, found.stx_rdev_minor), 0};
  return file_identity{makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino};
}

std::optional<pid_t> number_named(const std::string& name) {
  pid_t pid = 0;
  const auto end = name.data() + name.size();
  const auto [rest, failed] = std::from_chars(name.data(), end, pid);
  return failed == std::errc() && rest == end ? std::optional(pid) : std::nullopt;
}

std::string link_at(const fs::path& path) {
  std::error_code gone;
  return fs::read_symlink(path, gone).string();
}

std::vector<std::string> words_of(const std::string& command_line) {
  std::vector<std::string> words;
  std::istringstream in(command_line);
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  return words;
}

std::string first_line(std::string text) { return text.substr(0, text.find('\n')); }

// The effective one of "Uid:\treal\teffective\t…".
uid_t user_of(const std::string& status) {
  unsigned real = 0, effective = 0;
  const auto at = status.find("\nUid:");
  if (at != std::string::npos) std::sscanf(status.c_str() + at, "\nUid: %u %u", &real, &effective);
  return effective;
}

// The effective one of "Gid:\treal\teffective\t…" first, then those of "Groups:\t…".
std::vector<gid_t> groups_of(const std::string& status) {
  std::vector<gid_t> groups;
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    std::string label;
    gid_t real = 0, each = 0;
    in >> label;
    if (label == "Gid:" && in >> real >> each) groups.insert(groups.begin(), each);
    while (label == "Groups:" && in >> each) groups.push_back(each);
  }
  return groups;
}

// A regular file or block device: with how it is open.
void add_file(openings& to, pid_t pid, const fs::path& of, const std::string& number) {
  const auto identity = identity_at((of / "fd" / number).string());
  const auto how = read_small((of / "fdinfo" / number).string());
  if (!identity || !how) return;
  auto o = read_fdinfo(*how);
  o.pid = pid;
  to.files.emplace(*identity, o);
}

void add_descriptors(openings& to, pid_t pid, const fs::path& of) {
  std::error_code refused;
  fs::directory_iterator each(of / "fd", refused);
  for (; !refused && each != fs::directory_iterator(); each.increment(refused)) {
    const auto target = link_at(each->path());
    if (target.starts_with("socket:["))
      to.sockets.emplace(std::strtoull(target.c_str() + 8, nullptr, 10), pid);
    else if (target.starts_with('/') && target != "/dev/null")
      add_file(to, pid, of, each->path().filename().string());
  }
}

void add_program(openings& to, pid_t pid) {
  const fs::path of = "/proc/" + std::to_string(pid);
  const auto command_line = read_small((of / "cmdline").string());
  if (!command_line || command_line->empty()) return;
  program p;
  p.pid = pid;
  const auto status = read_small((of / "status").string()).value_or("");
  p.runs_as = user_of(status);
  p.groups = groups_of(status);
  p.name = first_line(read_small((of / "comm").string()).value_or("?"));
  p.directory = link_at(of / "cwd");
  p.words = words_of(*command_line);
  p.unit = service_in(read_small((of / "cgroup").string()).value_or(""));
  to.programs.emplace(pid, std::move(p));
  add_descriptors(to, pid, of);
}

}  // namespace

std::optional<file_identity> identity_of(const std::string& path) { return identity_at(path); }

// NUMBER:CONTROLLERS:/system.slice/NAME.service, and perhaps groups below it.
std::string service_in(const std::string& cgroup) {
  std::string found;
  std::istringstream lines(cgroup);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line.substr(std::min(line.find('/'), line.size())));
    for (std::string part; std::getline(parts, part, '/');)
      if (part.ends_with(".service")) found = part;
  }
  return found;
}

opening read_fdinfo(const std::string& text) {
  opening o;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("flags:")) {
      const auto flags = std::strtoul(line.c_str() + 6, nullptr, 8);
      o.writable = (flags & O_ACCMODE) != O_RDONLY;
    }
    if (line.starts_with("lock:") && line.find(" WRITE ") != std::string::npos) o.locked = true;
  }
  return o;
}

std::string openings::name_of(pid_t pid) const {
  const auto found = programs.find(pid);
  return fmt::format("{} (pid {})", found == programs.end() ? "a program" : found->second.name,
                     pid);
}

std::vector<opening> openings::of(const std::string& path) const {
  std::vector<opening> out;
  const auto identity = identity_at(path);
  if (!identity) return out;
  const auto [first, last] = files.equal_range(*identity);
  for (auto at = first; at != last; ++at) out.push_back(at->second);
  return out;
}

openings see_openings() {
  openings out;
  out.complete = geteuid() == 0;
  std::error_code refused;
  fs::directory_iterator each("/proc", refused);
  for (; !refused && each != fs::directory_iterator(); each.increment(refused)) {
    const auto pid = number_named(each->path().filename().string());
    if (pid && *pid != getpid()) add_program(out, *pid);
  }
  return out;
}

}  // namespace cairn::doctor

#include "cli/doctor/space.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* check = "disks.space";

std::uint64_t allocated(const std::string& path) {
  struct stat found {};
  const bool file = stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
  return file ? static_cast<std::uint64_t>(found.st_blocks) * 512 : 0;
}

std::uint64_t allocated_below(const std::string& directory, const disk_look& look) {
  std::uint64_t sum = 0;
  std::error_code failed;
  fs::recursive_directory_iterator each(directory, failed);
  for (; !failed && each != fs::recursive_directory_iterator(); each.increment(failed)) {
    sum += allocated(each->path().string());
    look.goes_on();
  }
  return sum;
}

bool hidden(const std::string& path) {
  return access(path.c_str(), F_OK) != 0 ? errno == EACCES : access(path.c_str(), R_OK) != 0;
}

std::uint64_t missing(std::uint64_t bound, std::uint64_t has) {
  return bound - std::min(bound, has);
}

bool is_device(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode);
}

class rooms {
 public:
  explicit rooms(const examination& seen) : seen_(seen) {}

  room& of(const std::string& path) {
    const auto place = mount_of(seen_.mounts, path).path;
    auto& r = by_place_[place];
    struct statvfs found {};
    if (r.place.empty() && statvfs(place.c_str(), &found) == 0) {
      r.place = place;
      r.free_bytes = static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
    }
    return r;
  }
  void add_journal(const member_config& m, const disk_look& look) {
    auto& r = of(m.journal);
    r.partly_seen = r.partly_seen || hidden(m.journal);
    r.journals_bytes += missing(m.journal_size_bytes, allocated_below(m.journal, look));
  }
  void add_volume(const volume_config& v) {
    auto& r = of(v.path);
    r.partly_seen = r.partly_seen || hidden(v.path);
    r.volumes_bytes += missing(v.size_bytes, allocated(v.path));
  }
  findings judged() const {
    findings out;
    for (const auto& [place, r] : by_place_) out.push_back(judge_space(r));
    return out;
  }

 private:
  const examination& seen_;
  std::map<std::string, room> by_place_;
};

}  // namespace

finding judge_space(const room& r) {
  const auto needs = fmt::format("{} has {} free; journals may take {} more, volumes {}", r.place,
                                 human_bytes(r.free_bytes), human_bytes(r.journals_bytes),
                                 human_bytes(r.volumes_bytes));
  const auto wanted = r.journals_bytes + r.volumes_bytes + space_margin_bytes;
  if (r.partly_seen && r.free_bytes < wanted)
    return unseen(check, needs + ", less what they have and this user may not see",
                  "run cairn doctor as root, or as the gateway's user");
  if (r.free_bytes < r.journals_bytes + space_margin_bytes)
    return problem(check, needs + ": too little, writes of hosts would fail",
                   fmt::format("free space on {}, make it larger, or give the journals a smaller "
                               "`size`",
                               r.place));
  if (r.free_bytes < wanted)
    return warning(check, needs + ": not enough once the volumes are full",
                   fmt::format("make {} larger before the volumes fill up, and watch it", r.place));
  return ok(check, needs);
}

findings check_space(const examination& seen) {
  rooms all(seen);
  for (const auto& g : seen.gateways) {
    for (const auto& m : g.config.members) {
      if (const disk_look at(seen.disks, m.journal); at) all.add_journal(m, at);
      for (const auto& v : m.volumes)
        if (const disk_look at(seen.disks, v.path); at && !is_device(v.path)) all.add_volume(v);
    }
  }
  for (const auto& c : seen.coordinators)
    if (const disk_look at(seen.disks, c.config.state_directory); at)
      all.of(c.config.state_directory);
  return all.judged();
}

}  // namespace cairn::doctor

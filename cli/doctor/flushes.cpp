#include "cli/doctor/flushes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <set>

#include "cli/doctor/small_file.h"
#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

using steady = std::chrono::steady_clock;
constexpr int flushes = 20;
constexpr std::chrono::seconds patience{2};
using one_block = std::array<char, 4096>;

// A file without a name: it is gone with its descriptor, however this ends.
class probe_file {
 public:
  explicit probe_file(const std::string& directory)
      : fd(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)), failed(errno) {}
  ~probe_file() {
    if (fd != -1) close(fd);
  }
  probe_file(const probe_file&) = delete;
  probe_file& operator=(const probe_file&) = delete;

  bool write(int number) const {
    const one_block bytes{};
    return pwrite(fd, bytes.data(), bytes.size(), number * off_t(bytes.size())) ==
           ssize_t(bytes.size());
  }

  const int fd;
  const int failed;
};

result<flush_times> measure(const std::string& directory, const disk_look& look) {
  const probe_file probe(directory);
  if (probe.fd == -1) return fail_errno(probe.failed, "a probe file in " + directory);
  std::vector<std::chrono::microseconds> took;
  const auto end = steady::now() + patience;
  for (int i = 0; i < flushes && steady::now() < end; ++i) {
    const auto began = steady::now();
    if (!probe.write(i) || fdatasync(probe.fd) != 0)
      return fail_errno(errno, "a probe file in " + directory);
    took.push_back(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - began));
    look.goes_on();
  }
  std::ranges::sort(took);
  return flush_times{took[took.size() / 2], took.back()};
}

finding clone(const std::string& directory) {
  const probe_file from(directory), to(directory);
  const char* const check = "disks.reflink";
  if (from.fd == -1 || to.fd == -1 || !from.write(0))
    return unseen(check, fmt::format("no file can be made in {} to try a clone", directory));
  const bool can = ioctl(to.fd, FICLONE, from.fd) == 0;
  return ok(check, fmt::format("files in {} {}", directory,
                               can ? "can be cloned at once" : "can't be cloned, only copied"));
}

std::set<std::string> journal_directories(const examination& seen) {
  std::set<std::string> out;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.config.members)
      if (const disk_look at(seen.disks, m.journal); at) out.insert(existing_part(m.journal));
  return out;
}

// Of a partition it is its disk's.
std::string cache_setting(dev_t device) {
  std::error_code failed;
  const auto at = std::filesystem::canonical(
      fmt::format("/sys/dev/block/{}:{}", major(device), minor(device)), failed);
  for (const auto& place : {at, at.parent_path()}) {
    auto text = read_small((place / "queue/write_cache").string());
    if (text) return text->substr(0, text->find('\n'));
  }
  return {};
}

// Some file systems have a number of their own; what they are mounted from has the disk's.
dev_t device_under(const examination& seen, const std::string& directory) {
  const auto m = mount_of(seen.mounts, directory);
  struct stat found {};
  const bool block = stat(m.source.c_str(), &found) == 0 && S_ISBLK(found.st_mode);
  return block ? found.st_rdev : m.device;
}

}  // namespace

finding judge_flushes(const std::string& directory, const flush_times& t) {
  const char* const check = "disks.latency";
  const auto text = fmt::format("4 KiB and a flush in {}: half within {}, the slowest {}",
                                directory, human_micros(std::uint64_t(t.median.count())),
                                human_micros(std::uint64_t(t.worst.count())));
  if (t.median <= slow_flush) return ok(check, text);
  return warning(check, fmt::format("{}: slow, as more than {} ms", text, slow_flush.count()),
                 "every flush of a host waits as long: use a faster disk for the journal, or look "
                 "what else keeps this one busy");
}

finding tell_write_cache(const std::string& directory, const std::string& setting) {
  const char* const check = "disks.write_cache";
  if (setting.empty())
    return ok(check, fmt::format("the disk under {} does not tell whether it has a write cache",
                                 directory));
  const bool is_volatile = setting == "write back";
  return ok(check, fmt::format("the disk under {} has {}", directory,
                               is_volatile ? "a volatile write cache: flushes matter, and are made"
                                           : "no volatile write cache"));
}

findings check_flushes(const examination& seen) {
  findings out;
  for (const auto& directory : journal_directories(seen)) {
    const disk_look at(seen.disks, directory);
    if (!at) continue;
    const auto times = measure(directory, at);
    out.push_back(times ? judge_flushes(directory, *times)
                        : unseen("disks.latency", "not measured: " + times.error().text,
                                 times.error().code == EACCES
                                     ? "run cairn doctor as root, or as the gateway's user"
                                     : ""));
  }
  return out;
}

findings check_write_cache(const examination& seen) {
  findings out;
  for (const auto& directory : journal_directories(seen))
    if (const disk_look at(seen.disks, directory); at)
      out.push_back(tell_write_cache(directory, cache_setting(device_under(seen, directory))));
  return out;
}

findings check_reflink(const examination& seen) {
  std::set<std::string> directories;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.config.members)
      for (const auto& v : m.volumes)
        if (const disk_look at(seen.disks, v.path); at && !v.path.starts_with("/dev/"))
          directories.insert(existing_part(std::filesystem::path(v.path).parent_path().string()));
  findings out;
  for (const auto& directory : directories)
    if (const disk_look at(seen.disks, directory); at) out.push_back(clone(directory));
  return out;
}

}  // namespace cairn::doctor

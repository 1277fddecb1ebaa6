#include "cli/doctor/file_systems.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "disks.file_system";
constexpr const char* device_check = "disks.device";

const char* why_not(lasting l) {
  if (l == lasting::gone_at_restart) return "which is memory: all of it is gone after a restart";
  if (l == lasting::with_container) return "a layer that goes with its container";
  return "a file system on another machine: a flush is only as good as that machine's";
}

finding judge_device(const volume_config& v, dev_t number, const examination& seen) {
  for (const auto& m : seen.mounts)
    if (m.device == number)
      return problem(
          device_check,
          fmt::format("volume {}: {} is mounted at {}, beside the gateway", v.name, v.path, m.path),
          fmt::format("umount {}; hosts reach the volume through the gateway", m.path));
  const auto bytes = device_bytes(v.path);
  if (!bytes)
    return unseen(device_check, fmt::format("volume {}: {} can't be opened", v.name, v.path),
                  "run cairn doctor as root");
  if (*bytes < v.size_bytes)
    return problem(device_check,
                   fmt::format("volume {}: {} has {}, less than the configured {}", v.name, v.path,
                               human_bytes(*bytes), human_bytes(v.size_bytes)),
                   "make the device larger, or correct the volume's `size`");
  return ok(device_check, fmt::format("volume {}: {} has {} and is mounted nowhere", v.name, v.path,
                                      human_bytes(*bytes)));
}

void place(findings& out, const examination& seen, const std::string& what, const std::string& path,
           bool volume) {
  const disk_look at(seen.disks, path);
  if (at) out.push_back(judge_place(what, path, mount_of(seen.mounts, path).type, volume));
}

// nullopt: no block device, or its disk hangs.
std::optional<dev_t> device_number(const examination& seen, const std::string& path) {
  const disk_look at(seen.disks, path);
  struct stat found {};
  const bool block = at && stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode);
  return block ? std::optional(found.st_rdev) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> device_bytes(const std::string& path) {
  std::uint64_t bytes = 0;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const bool known = fd != -1 && ioctl(fd, BLKGETSIZE64, &bytes) == 0;
  if (fd != -1) close(fd);
  return known ? std::optional(bytes) : std::nullopt;
}

lasting lasting_of(const std::string& type) {
  static const std::set<std::string> local{"ext3", "ext4", "xfs",      "btrfs",
                                           "f2fs", "zfs",  "bcachefs", "jfs"};
  static const std::set<std::string> memory{"tmpfs", "ramfs", "devtmpfs", "rootfs"};
  static const std::set<std::string> layers{"overlay", "aufs", "fuse.fuse-overlayfs"};
  static const std::set<std::string> remote{"nfs",  "nfs4", "cifs",     "smb3",      "9p",
                                            "ceph", "afs",  "virtiofs", "fuse.sshfs"};
  if (local.contains(type)) return lasting::yes;
  if (memory.contains(type)) return lasting::gone_at_restart;
  if (layers.contains(type)) return lasting::with_container;
  return remote.contains(type) ? lasting::over_network : lasting::unknown;
}

finding judge_place(const std::string& what, const std::string& path, const std::string& type,
                    bool volume) {
  const auto where = fmt::format("{} {} is on {}", what, path, type.empty() ? "nothing" : type);
  const auto l = lasting_of(type);
  if (l == lasting::yes || (volume && l == lasting::over_network)) return ok(check, where);
  if (l == lasting::unknown)
    return warning(check, where + ", a file system that nobody has tried with Cairn",
                   "prefer ext4, xfs or btrfs on a local disk");
  return problem(check, where + ", " + why_not(l),
                 "move it to ext4, xfs or btrfs on a disk of this machine");
}

findings check_file_systems(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways) {
    place(out, seen, "the state of " + g.config.name, g.config.state_directory, false);
    for (const auto& m : g.config.members) {
      place(out, seen, "the journal of " + m.name, m.journal, false);
      for (const auto& v : m.volumes)
        if (!device_number(seen, v.path)) place(out, seen, "volume " + v.name, v.path, true);
    }
  }
  for (const auto& c : seen.coordinators)
    place(out, seen, "the state of coordinator " + c.config.name, c.config.state_directory, false);
  return out;
}

findings check_devices(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.config.members)
      for (const auto& v : m.volumes) {
        const auto number = device_number(seen, v.path);
        const disk_look at(seen.disks, v.path);
        if (number && at) out.push_back(judge_device(v, *number, seen));
      }
  return out;
}

}  // namespace cairn::doctor

// Mounted file systems, from /proc/self/mountinfo.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace cairn::doctor {

struct mount_point {
  std::string path;
  std::string type;    // "ext4"
  std::string source;  // "/dev/vda1"; of some file systems no path
  dev_t device = 0;
};

std::vector<mount_point> parse_mounts(const std::string& mountinfo);
std::vector<mount_point> see_mounts();

// Where `path` lies, whether it is there or not; none: {}.
mount_point mount_of(const std::vector<mount_point>& all, const std::string& path);

// The same by the path's name alone, without a look at the disk.
mount_point mount_named(const std::vector<mount_point>& all, const std::string& path);

// `top` itself, too.
bool is_below(const std::string& path, const std::string& top);

// With links and dots resolved, as far as it exists and this user may see it.
std::string resolved(const std::string& path);

// The path itself, or its nearest parent that this user sees.
std::string existing_part(const std::string& path);

}  // namespace cairn::doctor

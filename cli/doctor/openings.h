// Which programs run on this machine and what they have open, seen once in /proc. Nothing is opened
// that could block: a file on a server that does not answer is not waited for.
#pragma once
#include <sys/types.h>

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::doctor {

// One file whatever its paths; of a block device its number, and inode 0.
struct file_identity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const file_identity&) const = default;
};

std::optional<file_identity> identity_of(const std::string& path);

struct opening {
  pid_t pid = 0;
  bool writable = false;
  bool locked = false;  // holds a lock for writing
  friend bool operator==(const opening&, const opening&) = default;
};

struct program {
  pid_t pid = 0;
  uid_t runs_as = 0;
  std::vector<gid_t> groups;  // its own first
  std::string name;
  std::string directory;           // where relative paths begin; empty: may not be seen
  std::vector<std::string> words;  // of its command line
  std::string unit = {};           // "cairn-gateway.service", whose control group it is in
};

struct openings {
  std::map<pid_t, program> programs;
  std::multimap<file_identity, opening> files;
  std::multimap<ino_t, pid_t> sockets;  // by the inode that /proc/net shows
  bool complete = true;                 // false: what other users have open is not seen

  std::string name_of(pid_t pid) const;  // "nbdkit (pid 812)"
  std::vector<opening> of(const std::string& path) const;
};

openings see_openings();

// The service of /proc/PID/cgroup; empty: it is in none. Pure.
std::string service_in(const std::string& cgroup);

// From /proc/PID/fdinfo/N; the pid is left to the caller.
opening read_fdinfo(const std::string& text);

}  // namespace cairn::doctor

// Disks that do not answer. Whoever touches what a configuration names makes a disk_look of its
// path first. In the process of a check (bounded_look.h) that tells where it is, so that it can be
// given up when it stays there; and nobody goes where somebody stayed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/mounts.h"

namespace cairn::doctor {

// A message: its kind, the number of bytes, a colon, and those.
namespace disk_message {
inline constexpr char comes = '@';    // its text: the path
inline constexpr char goes_on = '+';  // still there, and answered
inline constexpr char leaves = '-';
std::string made(char kind, std::string_view text);
}  // namespace disk_message

class disk_watch {
 public:
  // `all`: to know what lies on the same disk.
  void give_up(const std::string& path, const std::vector<mount_point>& all);
  bool hangs(const std::string& path) const;

  // From now on looks are told there; without it they only ask hangs().
  void tell_to(int fd) { fd_ = fd; }
  void tell(char kind, std::string_view text = {}) const;

 private:
  std::vector<std::string> hanging_;  // these, and what is below them
  int fd_ = -1;
};

// A stay at a path, as long as it lives; false: it hangs, and must not be touched.
class disk_look {
 public:
  disk_look(const disk_watch& disks, const std::string& path)
      : disks_(disks), answers_(!disks.hangs(path)) {
    if (answers_) disks_.tell(disk_message::comes, path);
  }
  ~disk_look() {
    if (answers_) disks_.tell(disk_message::leaves);
  }
  disk_look(const disk_look&) = delete;
  disk_look& operator=(const disk_look&) = delete;

  explicit operator bool() const { return answers_; }
  // Between two of many: the time counts from here again.
  void goes_on() const {
    if (answers_) disks_.tell(disk_message::goes_on);
  }

 private:
  const disk_watch& disks_;
  const bool answers_;
};

}  // namespace cairn::doctor

#include "cli/doctor/disk_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::doctor {

std::string disk_message::made(char kind, std::string_view text) {
  return fmt::format("{}{}:{}", kind, text.size(), text);
}

// Links are not followed, as that might hang, too; so a path below / or /dev may lie elsewhere, and
// stands for itself alone. This command came from /, which answered.
void disk_watch::give_up(const std::string& path, const std::vector<mount_point>& all) {
  const auto m = mount_named(all, path);
  const bool alone = m.path.empty() || m.path == "/" || m.type == "devtmpfs";
  hanging_.push_back(alone ? path : m.path);
}

bool disk_watch::hangs(const std::string& path) const {
  return std::ranges::any_of(hanging_, [&](const auto& top) { return is_below(path, top); });
}

void disk_watch::tell(char kind, std::string_view text) const {
  if (fd_ == -1) return;
  const auto message = disk_message::made(kind, text);
  std::string_view left = message;
  while (!left.empty()) {
    const auto wrote = write(fd_, left.data(), left.size());
    if (wrote < 0 && errno != EINTR) return;  // nobody listens any more
    if (wrote > 0) left.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace cairn::doctor

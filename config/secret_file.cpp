#include "config/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cairn {
namespace {

class open_file {
 public:
  // Without waiting, should it be a pipe.
  explicit open_file(const std::string& path)
      : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~open_file() {
    if (fd >= 0) close(fd);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  const int fd;
};

result<void> check_kind(int fd, const std::string& path) {
  struct stat found {};
  if (fstat(fd, &found) != 0) return fail_errno(errno, "stat " + path);
  if (!S_ISREG(found.st_mode)) return fail(EINVAL, fmt::format("`{}` is no regular file", path));
  if ((found.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0) {
    return fail(EACCES, fmt::format("`{}` holds a secret, but its group or others can read or "
                                    "write it: chmod 600 it",
                                    path));
  }
  return {};
}

// Up to one byte more than a secret with its newline may have.
result<std::string> read_front(int fd, const std::string& path) {
  std::array<char, secret_bytes_max + 2> front;
  std::size_t length = 0;
  while (length < front.size()) {
    const auto n = read(fd, front.data() + length, front.size() - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "read " + path);
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
  }
  return std::string(front.data(), length);
}

}  // namespace

result<std::string> read_secret_file(const std::string& path) {
  const open_file file(path);
  if (file.fd < 0) return fail_errno(errno, "open " + path);
  CAIRN_TRY(check_kind(file.fd, path));
  auto secret = read_front(file.fd, path);
  if (!secret) return secret;
  if (secret->ends_with('\n')) secret->pop_back();
  if (secret->size() < secret_bytes_min || secret->size() > secret_bytes_max) {
    return fail(EINVAL, fmt::format("the secret in `{}` must have {} to {} bytes", path,
                                    secret_bytes_min, secret_bytes_max));
  }
  return secret;
}

}  // namespace cairn

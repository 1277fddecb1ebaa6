#include "gateway/launcher/listening_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace cairn {
namespace {

constexpr int backlog = 128;
constexpr int attempts_max = 60;
constexpr std::chrono::milliseconds between_attempts{50};
constexpr mode_t others_may_not = 0117;  // leaves 0660

struct address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

address address_of(const endpoint& where) {
  address a;
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(a.bytes);
      inet_pton(AF_INET, where.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(where.port);
    a.length = sizeof v4;
    return a;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(a.bytes);
  inet_pton(AF_INET6, where.host.c_str(), &v6.sin6_addr);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(where.port);
  a.length = sizeof v6;
  return a;
}

address address_of(const std::string& path) {
  address a;
  auto& un = reinterpret_cast<sockaddr_un&>(a.bytes);
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.c_str(), std::min(path.size(), sizeof un.sun_path - 1));
  a.length = sizeof un;
  return a;
}

// The descriptor, or -1 and errno.
int bound_and_listening(const address& where) {
  const int fd = socket(where.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.bytes.ss_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(fd, where.get(), where.length) == 0 && listen(fd, backlog) == 0) return fd;
  const int because = errno;
  close(fd);
  errno = because;
  return -1;
}

bool somebody_listens(const address& where) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = fd != -1 && connect(fd, where.get(), where.length) == 0;
  if (fd != -1) close(fd);
  return connected;
}

// Calls `attempt` until it returns a descriptor or fails for another reason than EADDRINUSE.
template <class F>
int while_in_use(F&& attempt) {
  for (int i = 0; i < attempts_max; ++i) {
    const int fd = attempt();
    if (fd != -1 || errno != EADDRINUSE) return fd;
    std::this_thread::sleep_for(between_attempts);
  }
  errno = EADDRINUSE;
  return -1;
}

int bind_unix_once(const std::string& path, const address& where) {
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) {
      errno = ENOTSOCK;
      return -1;
    }
    if (somebody_listens(where)) {
      errno = EADDRINUSE;
      return -1;
    }
    unlink(path.c_str());
  }
  const mode_t before = umask(others_may_not);
  const int fd = bound_and_listening(where);
  umask(before);
  return fd;
}

}  // namespace

result<listening_socket> listening_socket::tcp(const endpoint& where) {
  const int fd = while_in_use([a = address_of(where)] { return bound_and_listening(a); });
  if (fd == -1) return fail_errno(errno, fmt::format("listen on {}", where.text()));
  return listening_socket(fd);
}

result<listening_socket> listening_socket::unix_socket(const std::string& path) {
  const auto where = address_of(path);
  const int fd = while_in_use([&] { return bind_unix_once(path, where); });
  if (fd == -1) return fail_errno(errno, fmt::format("listen on {}", path));
  return listening_socket(fd);
}

listening_socket::~listening_socket() {
  if (fd_ != -1) close(fd_);
}

}  // namespace cairn

#include "cli/unix_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cairn {
namespace {

// The largest answer is a thousand markers.
constexpr http_limits answer_limits{16U << 10, 8U << 20};

using time_point = std::chrono::steady_clock::time_point;

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Waits until `events` come on the socket, at most until `end`.
result<void> wait(int fd, short events, time_point end) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail_errno(ETIMEDOUT, "wait for the coordinator");
    pollfd p{fd, events, 0};
    const int ready = poll(&p, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "wait for the coordinator");
  }
}

result<void> connect_to(int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ENAMETOOLONG, "the socket's path has more than 107 bytes: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // A Unix socket connects at once, or says EAGAIN when the coordinator's queue is full.
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, "connect to the coordinator at " + path);
  }
  return {};
}

result<void> send_all(int fd, std::string_view out, time_point end) {
  while (!out.empty()) {
    CAIRN_TRY(wait(fd, POLLOUT, end));
    const ssize_t sent = send(fd, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return fail_errno(errno, "send to the coordinator");
    }
    if (sent > 0) out.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

result<http_response> receive(int fd, time_point end) {
  http_response_parser parser(answer_limits);
  std::array<char, 16384> piece;
  while (!parser.done()) {
    CAIRN_TRY(wait(fd, POLLIN, end));
    const ssize_t got = recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return fail_errno(errno, "receive from the coordinator");
    if (got == 0) {
      CAIRN_TRY(parser.feed_end());
      break;
    }
    CAIRN_TRY(parser.feed({piece.data(), static_cast<std::size_t>(got)}));
  }
  return parser.take();
}

}  // namespace

result<http_response> unix_client::exchange(const http_request& request) const {
  const descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return fail_errno(errno, "make a socket");
  const auto end = std::chrono::steady_clock::now() + limit_;
  CAIRN_TRY(connect_to(fd.get(), socket_));
  CAIRN_TRY(send_all(fd.get(), encode_http(request), end));
  return receive(fd.get(), end);
}

result<http_response> unix_client::get(const std::string& target) const {
  http_request r;
  r.method = "GET";
  r.target = target;
  r.host = "localhost";
  r.keep_alive = false;
  return exchange(r);
}

result<http_response> unix_client::post(const std::string& target, const std::string& json) const {
  http_request r;
  r.method = "POST";
  r.target = target;
  r.host = "localhost";
  r.content_type = "application/json";
  r.body = json;
  r.keep_alive = false;
  return exchange(r);
}

}  // namespace cairn

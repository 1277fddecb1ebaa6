#include "gateway/nbd/client_eviction.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/log.h"

namespace cairn {
namespace {

constexpr std::array stop_signals{SIGTERM, SIGINT, SIGQUIT};
constexpr int round_ms = 100;               // a client may have been accepted just before
constexpr int grace_rounds = 20;            // then answers are no longer waited for
constexpr std::uint64_t told = 1;           // written to the eventfd by the handler …
constexpr std::uint64_t done = 1ULL << 32;  // … and by the destructor; the reader gets the sum

std::atomic<int> event_fd{-1};
std::array<struct sigaction, stop_signals.size()> before;  // nbdkit's own

void on_signal(int number) {
  const int saved = errno;
  [[maybe_unused]] const auto written = write(event_fd.load(), &told, sizeof told);
  for (std::size_t i = 0; i < stop_signals.size(); ++i) {
    const auto next = before[i].sa_handler;
    if (stop_signals[i] == number && next != SIG_DFL && next != SIG_IGN) next(number);
  }
  errno = saved;
}

std::vector<int> open_descriptors() {
  std::vector<int> all;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", failed)) {
    const auto name = entry.path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    all.push_back(fd);
  }
  return all;
}

bool is_listening(int fd) {
  int answer = 0;
  socklen_t length = sizeof answer;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer != 0;
}

bool is_local_address(const gateway_config& config, const sockaddr_storage& local) {
  switch (local.ss_family) {
    case AF_UNIX:
      return config.nbd_socket == reinterpret_cast<const sockaddr_un&>(local).sun_path;
    case AF_INET:
      return config.nbd &&
             config.nbd->port == ntohs(reinterpret_cast<const sockaddr_in&>(local).sin_port);
    case AF_INET6:
      return config.nbd &&
             config.nbd->port == ntohs(reinterpret_cast<const sockaddr_in6&>(local).sin6_port);
    default:
      return false;
  }
}

bool is_client(const gateway_config& config, int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local - 1;  // a Unix path ends with a NUL, whatever the kernel wrote
  return getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) == 0 && !is_listening(fd) &&
         is_local_address(config, local);
}

}  // namespace

class client_eviction::watcher {
 public:
  watcher(const gateway_config& config, int fd, std::function<void()> heard)
      : config_(config), fd_(fd), heard_(std::move(heard)), thread_([this] { run(); }) {}

  ~watcher() {
    [[maybe_unused]] const auto written = write(fd_, &done, sizeof done);
    thread_.join();
    close(fd_);
  }

 private:
  void run() {
    if (wait(-1) >= done) return;
    heard_();
    log_notice("told to stop: the connections of clients are ended", log_event::told_to_stop);
    for (int round = 0;; ++round) {
      evict(round < grace_rounds ? SHUT_RD : SHUT_RDWR);
      if (wait(round_ms) >= done) return;
    }
  }

  // What was written to the eventfd since the last call; 0 when the time is up first.
  std::uint64_t wait(int timeout_ms) const {
    pollfd readable{fd_, POLLIN, 0};
    std::uint64_t sum = 0;
    if (poll(&readable, 1, timeout_ms) > 0 && ::read(fd_, &sum, sizeof sum) != sizeof sum) sum = 0;
    return sum;
  }

  void evict(int how) const {
    for (const int fd : open_descriptors()) {
      if (is_client(config_, fd)) shutdown(fd, how);
    }
  }

  const gateway_config config_;
  const int fd_;
  const std::function<void()> heard_;
  std::thread thread_;
};

result<std::unique_ptr<client_eviction>> client_eviction::watch(const gateway_config& config,
                                                                std::function<void()> heard) {
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd == -1) return fail_errno(errno, "eventfd");
  event_fd = fd;
  std::unique_ptr<client_eviction> made(
      new client_eviction(std::make_unique<watcher>(config, fd, std::move(heard))));
  struct sigaction ours {};
  ours.sa_handler = on_signal;
  ours.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < stop_signals.size(); ++i) {
    sigaction(stop_signals[i], nullptr, &before[i]);
    sigaction(stop_signals[i], &ours, nullptr);
  }
  return made;
}

client_eviction::client_eviction(std::unique_ptr<watcher> w) : watcher_(std::move(w)) {}

client_eviction::~client_eviction() {
  for (std::size_t i = 0; i < stop_signals.size(); ++i) {
    sigaction(stop_signals[i], &before[i], nullptr);
  }
}

}  // namespace cairn

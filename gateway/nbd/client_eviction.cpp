#include "gateway/nbd/client_eviction.h"

#include <arpa/inet.h>
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
constexpr std::uint64_t told = 1;           // written to the eventfd by the handler …
constexpr std::uint64_t done = 1ULL << 32;  // … and by the destructor; the reader gets the sum

std::atomic<int> event_fd{-1};
std::atomic<bool> told_to_stop{false};
std::array<struct sigaction, stop_signals.size()> before;  // nbdkit's own

void on_signal(int) {
  const int saved = errno;
  told_to_stop = true;
  [[maybe_unused]] const auto written = write(event_fd.load(), &told, sizeof told);
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
  watcher(const gateway_config& config, int fd, std::function<void()> heard,
          std::function<void()> cut)
      : config_(config), fd_(fd), heard_(std::move(heard)), cut_(std::move(cut)), thread_([this] {
          run();
        }) {}

  ~watcher() {
    [[maybe_unused]] const auto written = write(fd_, &done, sizeof done);
    thread_.join();
    close(fd_);
  }

 private:
  void run() {
    std::uint64_t sum = 0;
    while (sum == 0)
      if (::read(fd_, &sum, sizeof sum) != sizeof sum) sum = 0;  // EINTR
    if (sum >= done) return;
    heard_();
    log_notice("told to stop: the connections of NBD clients are cut", log_event::told_to_stop);
    for (const int fd : open_descriptors()) {
      if (is_client(config_, fd)) shutdown(fd, SHUT_RDWR);
    }
    cut_();
  }

  const gateway_config config_;
  const int fd_;
  const std::function<void()> heard_;
  const std::function<void()> cut_;
  std::thread thread_;
};

result<std::unique_ptr<client_eviction>> client_eviction::watch(const gateway_config& config,
                                                                std::function<void()> heard,
                                                                std::function<void()> cut) {
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd == -1) return fail_errno(errno, "eventfd");
  event_fd = fd;
  std::unique_ptr<client_eviction> made(
      new client_eviction(std::make_unique<watcher>(config, fd, std::move(heard), std::move(cut))));
  struct sigaction ours {};
  ours.sa_handler = on_signal;
  ours.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < stop_signals.size(); ++i) {
    sigaction(stop_signals[i], nullptr, &before[i]);
    sigaction(stop_signals[i], &ours, nullptr);
  }
  return made;
}

bool client_eviction::stopping() { return told_to_stop; }

client_eviction::client_eviction(std::unique_ptr<watcher> w) : watcher_(std::move(w)) {}

client_eviction::~client_eviction() {
  for (std::size_t i = 0; i < stop_signals.size(); ++i) {
    sigaction(stop_signals[i], &before[i], nullptr);
  }
}

}  // namespace cairn

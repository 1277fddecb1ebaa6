#include "gateway/nbd/reload_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

namespace cairn {
namespace {

sigset_t only_hangup() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_reload_signal() {
  const auto set = only_hangup();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

class reload_signal::listener {
 public:
  listener(int signals, int end, std::function<void()> heard)
      : signals_(signals), end_(end), heard_(std::move(heard)), thread_([this] { run(); }) {}

  ~listener() {
    constexpr std::uint64_t now = 1;
    [[maybe_unused]] const auto written = write(end_, &now, sizeof now);
    thread_.join();
    close(signals_);
    close(end_);
  }

 private:
  void run() {
    pollfd all[] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
    while (poll(all, 2, -1) >= 0 || errno == EINTR) {
      if (all[1].revents != 0) return;
      signalfd_siginfo one;
      if (all[0].revents != 0 && read(signals_, &one, sizeof one) == sizeof one) heard_();
    }
  }

  const int signals_, end_;
  const std::function<void()> heard_;
  std::thread thread_;
};

result<std::unique_ptr<reload_signal>> reload_signal::listen(std::function<void()> heard) {
  const auto set = only_hangup();
  const int signals = signalfd(-1, &set, SFD_CLOEXEC);
  if (signals == -1) return fail_errno(errno, "signalfd");
  const int end = eventfd(0, EFD_CLOEXEC);
  if (end == -1) {
    close(signals);
    return fail_errno(errno, "eventfd");
  }
  return std::unique_ptr<reload_signal>(
      new reload_signal(std::make_unique<listener>(signals, end, std::move(heard))));
}

reload_signal::reload_signal(std::unique_ptr<listener> l) : listener_(std::move(l)) {}
reload_signal::~reload_signal() = default;

}  // namespace cairn

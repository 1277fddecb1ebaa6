#include "base/service_notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>

namespace cairn::service {
namespace {

using std::chrono::microseconds;

// Should it fail, the manager has gone; then there is nobody to tell that, either.
void tell(const std::string& assignments) { sd_notify(0, assignments.c_str()); }

}  // namespace

bool is_told() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void ready() { tell("READY=1"); }

void reloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<microseconds>(now).count();
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void stopping() { tell("STOPPING=1"); }
void status(const std::string& sentence) {
  std::string line = sentence;
  for (char& c : line)
    if (c == '\n') c = ' ';  // it would begin another assignment
  tell("STATUS=" + line);
}
void alive() { tell("WATCHDOG=1"); }
void hangs() { tell("WATCHDOG=trigger"); }

std::optional<std::chrono::milliseconds> watchdog_limit() {
  std::uint64_t us = 0;
  if (!is_told() || sd_watchdog_enabled(0, &us) <= 0) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(microseconds(us));
}

}  // namespace cairn::service

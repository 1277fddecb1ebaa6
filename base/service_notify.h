// What the service manager is told (sd_notify): systemd's, if NOTIFY_SOCKET names its socket;
// otherwise none of these does anything. Any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace cairn::service {

bool is_told();  // somebody listens

void ready();      // everything is served; also the end of reloading()
void reloading();  // the configuration is read again
void stopping();
void status(const std::string& sentence);
void alive();  // within each watchdog_limit()
void hangs();  // as if alive() had been missing: the process is ended and started again

// None: nobody waits for alive().
std::optional<std::chrono::milliseconds> watchdog_limit();

}  // namespace cairn::service

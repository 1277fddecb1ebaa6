#include "net/pulse.h"

#include "base/heartbeat.h"

namespace cairn {

void pulse::run(const std::string& name) {
  const watched_thread watched(name);
  if (!stopped_) go_on();
  io_.run();
}

void pulse::stop() {
  stopped_ = true;
  due_.cancel();
}

void pulse::go_on() {
  beat();
  due_.expires_after(std::chrono::seconds(1));
  due_.async_wait([this](const std::error_code& ec) {
    if (!ec && !stopped_) go_on();
  });
}

}  // namespace cairn

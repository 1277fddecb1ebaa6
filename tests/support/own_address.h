// A loopback address that no other process uses: 127.0.0.0/8 is all ours, so each process has one
// made of its number. Whoever listens there may use any port and finds it free again at a second
// start: the kernel gives connections of others ports of 127.0.0.1 only.
#pragma once
#include <unistd.h>

#include <string>

namespace cairn {

inline std::string own_address() {
  const auto pid = static_cast<unsigned>(getpid());  // below 2^22
  const unsigned high = 1 + (pid >> 16 & 0x7f), middle = pid >> 8 & 0xff, low = pid & 0xff;
  return "127." + std::to_string(high) + "." + std::to_string(middle) + "." + std::to_string(low);
}

}  // namespace cairn

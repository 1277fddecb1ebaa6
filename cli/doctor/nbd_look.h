// One volume as a host sees it over NBD, by libnbd. Reads only; a few seconds at most.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace cairn::doctor {

struct volume_seen {
  std::uint64_t size_bytes = 0;
  bool writable = false;
  std::string note;  // why something was not tried; empty: all was
};

// Connects, asks for the size, reads the first and the last 4 KiB. The text is libnbd's.
result<volume_seen> look_over_nbd(const std::string& socket, const std::string& name);
result<volume_seen> look_over_nbd(const endpoint& at, const std::string& name);

}  // namespace cairn::doctor

// An action of both coordinators: a message for one member, by its place in the settings.
#pragma once
#include <cstddef>

#include "replication/control_messages.h"

namespace cairn {

struct send_control {
  std::size_t member = 0;
  control_message message;
};

}  // namespace cairn

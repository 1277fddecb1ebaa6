// What a connection tells of its session, for people to see.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::iscsi {

struct session_status {
  std::string initiator, address;
  std::string volume;  // empty: it only asks for targets
  std::uint16_t tsih = 0;
  std::size_t tasks = 0;  // under way
};

}  // namespace cairn::iscsi

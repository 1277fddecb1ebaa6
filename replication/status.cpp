#include "replication/status.h"

namespace cairn {

const char* name_of(link_state state) {
  switch (state) {
    case link_state::connected:
      return "connected";
    case link_state::connecting:
      return "connecting";
    case link_state::disconnected:
      return "disconnected";
    case link_state::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace cairn

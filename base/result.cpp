#include "base/result.h"

#include <cstring>

namespace cairn {

tl::unexpected<error> fail_errno(int code, const std::string& what) {
  char buffer[128];
  return fail(code, what + ": " + strerror_r(code, buffer, sizeof buffer));
}

}  // namespace cairn

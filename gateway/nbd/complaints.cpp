#include "gateway/nbd/complaints.h"

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "base/guarded.h"

namespace cairn {
namespace {

using clock = std::chrono::steady_clock;
constexpr int lines_per_second = 20;

struct recent {
  clock::time_point since;
  int said = 0;
  int left_out = 0;
};

// How many were left out before this line; nothing: leave this one out, too.
std::optional<int> worth_saying(recent& r) {
  const auto now = clock::now();
  if (now - r.since >= std::chrono::seconds(1)) r = {now, 0, r.left_out};
  if (r.said == lines_per_second) {
    ++r.left_out;
    return std::nullopt;
  }
  ++r.said;
  return std::exchange(r.left_out, 0);
}

}  // namespace

void complain_to_client(int code, const char* sentence) noexcept {
  static guarded<recent> lately;
  const auto left_out = lately.with(worth_saying);
  if (left_out && *left_out > 0) nbdkit_error("%d messages like this were left out", *left_out);
  if (left_out) nbdkit_error("%s", sentence);
  nbdkit_set_error(code == 0 ? EIO : code);
}

}  // namespace cairn

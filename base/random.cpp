#include "base/random.h"

#include <sys/random.h>

#include "base/invariant.h"

namespace cairn {
namespace {

class kernel_random final : public random_source {
 public:
  void fill(byte_span out) override {
    // Up to 256 bytes getrandom is never interrupted and never short once the pool is ready.
    while (!out.empty()) {
      const auto n = getrandom(out.data(), out.size() < 256 ? out.size() : 256, 0);
      if (n < 0) continue;
      out = out.subspan(static_cast<std::size_t>(n));
    }
  }
};

}  // namespace

random_source& system_random() {
  static kernel_random instance;
  return instance;
}

}  // namespace cairn

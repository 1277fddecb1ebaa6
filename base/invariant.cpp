#include "base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace cairn {

void invariant_broken(const char* name, const std::string& text, const char* file, int line) {
  // stdio, not the log: it must come out even if the log is what broke.
  std::fprintf(stderr, "invariant %s broken: %s (%s:%d)\n", name, text.c_str(), file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace cairn

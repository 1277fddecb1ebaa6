// Whether what is printed may be coloured: on a terminal, unless NO_COLOR is set.
#pragma once
#include <unistd.h>

#include <cstdlib>

namespace cairn {

inline bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && (no == nullptr || *no == '\0');
}

}  // namespace cairn

// Assertions that are on in every build: a bug of ours ends the process before it can harm data.
// Nothing that comes from outside (host, peer, disk, configuration) may reach one.
#pragma once
#include <string>

namespace cairn {

// Logs "invariant I5 broken: <text> (file:line)" and aborts.
[[noreturn]] void invariant_broken(const char* name, const std::string& text, const char* file,
                                   int line);

}  // namespace cairn

// name: "I1" … "I12" of the design, or "internal". The text is only made when it fails.
#define CAIRN_INVARIANT(name, condition, text)                                   \
  do {                                                                           \
    if (!(condition)) ::cairn::invariant_broken(name, text, __FILE__, __LINE__); \
  } while (false)

// What can go wrong in the world is a value: an errno for the host and a sentence made where it
// happened ("pwrite volume db at 4096: No space left on device").
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace cairn {

struct error {
  int code = 0;      // an errno value; hosts get it
  std::string text;  // names the thing and the place
  friend bool operator==(const error&, const error&) = default;
};

template <class T>
using result = tl::expected<T, error>;

inline tl::unexpected<error> fail(int code, std::string text) {
  return tl::unexpected<error>(error{code, std::move(text)});
}

inline tl::unexpected<error> fail(error e) { return tl::unexpected<error>(std::move(e)); }

// "<what>: <strerror(code)>"
tl::unexpected<error> fail_errno(int code, const std::string& what);

// Returns early with the error of a result<…> expression. It may contain another one, in a lambda:
// hence the counter in the name.
#define CAIRN_TRY(expression) CAIRN_TRY_NAMED_(expression, __COUNTER__)
#define CAIRN_TRY_NAMED_(expression, n) CAIRN_TRY_AS_(expression, n)
#define CAIRN_TRY_AS_(expression, n)                     \
  do {                                                   \
    if (auto tried##n = (expression); !tried##n)         \
      return ::cairn::fail(std::move(tried##n).error()); \
  } while (false)

}  // namespace cairn

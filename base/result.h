// What can go wrong in the world is a value: an errno for the host, a sentence made where it
// happened ("pwrite volume db at 4096: No space left on device"), and a class that says what can be
// done about it.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace cairn {

// Said where the error is made; who meets it decides by this and not by the errno.
enum class error_class {
  refused,   // by a rule or a state of ours: the same again is refused again
  passing,   // it may go by itself: something is busy, slow, away or short of memory
  no_space,  // until somebody makes room
  final,   // a failed fdatasync: nobody knows what is durable, and trying again proves nothing (I9)
  damage,  // bytes are not those that were written
  peer,    // who sent this broke a rule: its connection ends
};
error_class class_of(int code);  // where its maker says nothing else

struct error {
  int code = 0;      // an errno value; hosts get it
  std::string text;  // names the thing and the place
  error_class is = class_of(code);
  friend bool operator==(const error&, const error&) = default;
};

template <class T>
using result = tl::expected<T, error>;

inline tl::unexpected<error> fail(int code, std::string text) {
  return tl::unexpected<error>(error{code, std::move(text)});
}

inline tl::unexpected<error> fail(int code, std::string text, error_class is) {
  return tl::unexpected<error>(error{code, std::move(text), is});
}

inline tl::unexpected<error> fail(error e) { return tl::unexpected<error>(std::move(e)); }

// The same error, its sentence with the place in front: "<where>: <text>".
tl::unexpected<error> fail_in(const std::string& where, error e);

// "<what>: <strerror(code)>"
tl::unexpected<error> fail_errno(int code, const std::string& what);
tl::unexpected<error> fail_errno(int code, const std::string& what, error_class is);

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

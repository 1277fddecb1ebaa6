#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace cairn {

error_class class_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return error_class::no_space;
    case EBADMSG:
      return error_class::damage;
    case EPROTO:
      return error_class::peer;
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case EIO:  // of a read or a write; a sync says that it is final
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPIPE:
      return error_class::passing;
    default:
      return error_class::refused;
  }
}

tl::unexpected<error> fail_in(const std::string& where, error e) {
  e.text = where + ": " + e.text;
  return fail(std::move(e));
}

tl::unexpected<error> fail_errno(int code, const std::string& what) {
  return fail_errno(code, what, class_of(code));
}

tl::unexpected<error> fail_errno(int code, const std::string& what, error_class is) {
  char buffer[128];
  return fail(code, what + ": " + strerror_r(code, buffer, sizeof buffer), is);
}

}  // namespace cairn

// Why a login fails: what the initiator is told and what the log is told.
#pragma once
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace cairn::iscsi {

// Status class and detail (RFC 7143 11.13.5).
enum class login_status : std::uint16_t {
  success = 0x0000,
  initiator_error = 0x0200,
  authentication_failed = 0x0201,
  not_authorized = 0x0202,
  target_not_found = 0x0203,
  unsupported_version = 0x0205,
  missing_parameter = 0x0207,
  unsupported_session_type = 0x0209,
  no_login_request = 0x020b,
  target_error = 0x0300,
};

struct login_refusal {
  login_status status = login_status::initiator_error;
  std::string because;
};

template <class T>
using unless_refused = tl::expected<T, login_refusal>;

inline tl::unexpected<login_refusal> refuse(login_status status, std::string because) {
  return tl::unexpected<login_refusal>(login_refusal{status, std::move(because)});
}

// As CAIRN_TRY, for results whose error is a login_refusal.
#define CAIRN_ISCSI_TRY(expression)                                                   \
  do {                                                                                \
    if (auto tried = (expression); !tried)                                            \
      return tl::unexpected<::cairn::iscsi::login_refusal>(std::move(tried).error()); \
  } while (false)

}  // namespace cairn::iscsi

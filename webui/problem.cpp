#include "webui/problem.h"

#include <nlohmann/json.hpp>

namespace cairn {

http_response problem(unsigned status, const std::string& detail, const std::string& hint) {
  nlohmann::ordered_json body = {{"type", "about:blank"},
                                 {"title", http_reason(status)},
                                 {"status", status},
                                 {"detail", detail}};
  if (!hint.empty()) body["hint"] = hint;
  // Text from outside may not be UTF-8; a broken byte becomes U+FFFD instead of an exception.
  const auto text = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return {status,
          text + "\n",
          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}}};
}

}  // namespace cairn

// Answers that say no, as application/problem+json (RFC 9457): a sentence and a hint.
#pragma once
#include <string>

#include "net/http.h"

namespace cairn {

// `detail`: what is wrong; `hint`: what to do about it, may be empty.
http_response problem(unsigned status, const std::string& detail, const std::string& hint);

}  // namespace cairn

// A CHAP secret in a file of its own: configurations are copied and shown, secrets are not.
#pragma once
#include <string>

#include "base/result.h"

namespace cairn {

// RFC 7143 9.2.1 asks for 96 bits of entropy at least; initiators take no more than 255 bytes.
inline constexpr std::size_t secret_bytes_min = 12;
inline constexpr std::size_t secret_bytes_max = 255;

// The file's bytes without one newline at the end. Refused is a file that its group or others can
// read or write, what is no regular file, and a secret that is too short or too long. The errors
// are sentences that name the file, never what is in it.
result<std::string> read_secret_file(const std::string& path);

}  // namespace cairn

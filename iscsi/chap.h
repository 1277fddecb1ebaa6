// CHAP (RFC 1994, RFC 7143 12.1.3): who knows a secret proves it by a digest over a challenge.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace cairn::iscsi {

struct chap_account {
  std::string user;
  std::string secret;
};

enum class chap_digest : std::uint8_t { md5 = 5, sha1 = 6, sha256 = 7 };  // IANA CHAP algorithms

inline constexpr std::size_t chap_challenge_bytes_max = 1024;  // RFC 7143 12.1.3

std::size_t digest_length(chap_digest algorithm);  // in bytes

struct chap_challenge {
  std::uint8_t id = 0;
  bytes octets;
};

// One that nobody can foresee, as long as the digest.
chap_challenge make_challenge(chap_digest algorithm, random_source& random);

// digest(id, secret, challenge); ENOTSUP where OpenSSL does not do this digest (FIPS and MD5).
result<bytes> chap_response(chap_digest algorithm, const chap_challenge& challenge,
                            std::string_view secret);

// Compares in constant time.
bool same_octets(byte_view a, byte_view b);

// The first of the initiator's list ("7,6,5") that is allowed.
std::optional<chap_digest> choose_digest(std::string_view offered,
                                         const std::vector<chap_digest>& allowed);

// CHAP_I: one byte, decimal, hexadecimal or base64.
std::optional<std::uint8_t> chap_id(std::string_view text);

}  // namespace cairn::iscsi

#include "iscsi/chap.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>

#include "iscsi/text_keys.h"

namespace cairn::iscsi {
namespace {

const EVP_MD* openssl_digest(chap_digest algorithm) {
  switch (algorithm) {
    case chap_digest::md5:
      return EVP_md5();
    case chap_digest::sha1:
      return EVP_sha1();
    case chap_digest::sha256:
      return EVP_sha256();
  }
  return nullptr;
}

}  // namespace

std::size_t digest_length(chap_digest algorithm) {
  switch (algorithm) {
    case chap_digest::md5:
      return 16;
    case chap_digest::sha1:
      return 20;
    case chap_digest::sha256:
      return 32;
  }
  return 0;
}

chap_challenge make_challenge(chap_digest algorithm, random_source& random) {
  chap_challenge challenge;
  challenge.octets.resize(digest_length(algorithm));
  random.fill(challenge.octets);
  std::byte id;
  random.fill(byte_span(&id, 1));
  challenge.id = std::to_integer<std::uint8_t>(id);
  return challenge;
}

result<bytes> chap_response(chap_digest algorithm, const chap_challenge& challenge,
                            std::string_view secret) {
  bytes hashed;
  hashed.reserve(1 + secret.size() + challenge.octets.size());
  hashed.push_back(static_cast<std::byte>(challenge.id));
  for (const char c : secret) hashed.push_back(static_cast<std::byte>(c));
  hashed.insert(hashed.end(), challenge.octets.begin(), challenge.octets.end());
  bytes out(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  const int done =
      EVP_Digest(hashed.data(), hashed.size(), reinterpret_cast<unsigned char*>(out.data()),
                 &length, openssl_digest(algorithm), nullptr);
  OPENSSL_cleanse(hashed.data(), hashed.size());
  if (done != 1 || length != digest_length(algorithm)) {
    return fail(ENOTSUP, "OpenSSL does not do the digest of this CHAP algorithm");
  }
  out.resize(length);
  return out;
}

bool same_octets(byte_view a, byte_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<chap_digest> choose_digest(std::string_view offered,
                                         const std::vector<chap_digest>& allowed) {
  for (const auto item : list_value(offered)) {
    const auto number = number_value(item, {0, 255});
    if (!number) continue;
    const auto found = std::ranges::find(allowed, static_cast<chap_digest>(*number));
    if (found != allowed.end()) return *found;
  }
  return std::nullopt;
}

std::optional<std::uint8_t> chap_id(std::string_view text) {
  if (const auto number = number_value(text, {0, 255})) return static_cast<std::uint8_t>(*number);
  const auto octets = binary_value(text, 1);
  if (!octets || octets->size() != 1) return std::nullopt;
  return std::to_integer<std::uint8_t>(octets->front());
}

}  // namespace cairn::iscsi

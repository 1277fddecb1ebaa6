#include "base/uuid.h"

#include <cstdint>

namespace cairn {
namespace {

constexpr char digits[] = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool dash_before(std::size_t octet) {
  return octet == 4 || octet == 6 || octet == 8 || octet == 10;
}

}  // namespace

std::string uuid::text() const {
  std::string out;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (dash_before(i)) out += '-';
    out += digits[static_cast<unsigned>(octets[i]) >> 4];
    out += digits[static_cast<unsigned>(octets[i]) & 15];
  }
  return out;
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.octets.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = digit_value(text[at]), low = digit_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.octets[i] = static_cast<std::byte>(high << 4 | low);
    at += 2;
  }
  return id;
}

uuid uuid::from_random(std::array<std::byte, 16> octets) {
  octets[6] = (octets[6] & std::byte{0x0f}) | std::byte{0x40};
  octets[8] = (octets[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid{octets};
}

}  // namespace cairn

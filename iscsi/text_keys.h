// The text of login and text PDUs (RFC 7143 6.1): key=value pairs, each ended by NUL, perhaps cut
// into several PDUs (the C bit); and the forms that values have.
//
// Every bound is here: what is longer, or more, is refused before it is kept.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cairn::iscsi {

inline constexpr std::size_t text_bytes_max = 64U << 10;  // of one request, all its PDUs
inline constexpr std::size_t key_bytes_max = 63;
inline constexpr std::size_t value_bytes_max = 8U << 10;
inline constexpr std::size_t keys_max = 64;  // in one request

struct text_pair {
  std::string key;
  std::string value;
  friend bool operator==(const text_pair&, const text_pair&) = default;
};
using text_list = std::vector<text_pair>;

// EPROTO: too much of something, no final NUL, no '=', a key that is none, a key twice.
result<text_list> parse_text(byte_view text);
bytes encode_text(const text_list& pairs);
// Null when it is not there.
const std::string* find_value(const text_list& pairs, std::string_view key);

struct number_bounds {
  std::uint64_t min = 0;  // both inclusive
  std::uint64_t max = 0;
};

// Decimal without leading zeros, or 0x and hexadecimal digits; nothing when it is out of bounds.
std::optional<std::uint64_t> number_value(std::string_view text, number_bounds bounds);
// "Yes", "No"; nothing else.
std::optional<bool> boolean_value(std::string_view text);
// 0x and pairs of hexadecimal digits, or 0b and base64; at least one byte.
std::optional<bytes> binary_value(std::string_view text, std::size_t length_max);
std::string hex_value(byte_view octets);  // "0x0a1b"
// "a,b,c"; an empty text has one empty item.
std::vector<std::string_view> list_value(std::string_view text);

// Puts a text together that arrives in several PDUs.
class gathered_text {
 public:
  // EPROTO: it became longer than text_bytes_max.
  result<void> add(byte_view part);
  bool empty() const { return text_.empty(); }
  // All of it; nothing is left.
  bytes take();

 private:
  bytes text_;
};

// A text of ours that leaves in several PDUs.
class parted_text {
 public:
  void put(bytes text);
  bool empty() const { return at_ == text_.size(); }
  bytes next(std::size_t length_max);

 private:
  bytes text_;
  std::size_t at_ = 0;  // the first byte that has not left
};

}  // namespace cairn::iscsi

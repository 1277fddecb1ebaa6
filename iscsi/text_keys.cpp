#include "iscsi/text_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cairn::iscsi {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A standard label, or an extension key: X-com.example.thing, X#IANA.
bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= key_bytes_max && is_letter(key.front()) &&
         std::ranges::all_of(key, [](char c) {
           return is_letter(c) || is_digit(c) ||
                  std::string_view(".-+@_#").find(c) != std::string_view::npos;
         });
}

result<text_pair> parse_pair(std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) return fail(EPROTO, "text without `=`");
  const auto key = pair.substr(0, equals);
  const auto value = pair.substr(equals + 1);
  if (!is_key(key)) return fail(EPROTO, "text with a key that is none");
  if (value.size() > value_bytes_max) {
    return fail(EPROTO, fmt::format("the value of {} has {} bytes", key, value.size()));
  }
  return text_pair{std::string(key), std::string(value)};
}

result<void> add_pair(text_list& pairs, std::string_view text) {
  auto pair = parse_pair(text);
  if (!pair) return fail(std::move(pair).error());
  if (find_value(pairs, pair->key) != nullptr) {
    return fail(EPROTO, fmt::format("the key {} is there twice", pair->key));
  }
  if (pairs.size() == keys_max) return fail(EPROTO, fmt::format("more than {} keys", keys_max));
  pairs.push_back(*std::move(pair));
  return {};
}

// -1: not of the base.
int digit_of(char c, unsigned base) {
  if (is_digit(c)) return c - '0';
  if (base == 16 && c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (base == 16 && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_prefix(std::string_view text, char kind) {
  return text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == kind;
}

std::optional<bytes> from_hex(std::string_view digits, std::size_t length_max) {
  if (digits.size() % 2 != 0 || digits.size() / 2 > length_max) return std::nullopt;
  bytes out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit_of(digits[i], 16), low = digit_of(digits[i + 1], 16);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return out;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Whole groups of four; bits that no byte takes must be 0, so that each value has one text.
std::optional<bytes> from_base64(std::string_view text, std::size_t length_max) {
  if (text.size() % 4 != 0 || text.size() / 4 * 3 > length_max + 2) return std::nullopt;
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  bytes out;
  std::uint32_t held = 0;
  unsigned held_bits = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(digit);
    held_bits += 6;
    if (held_bits < 8) continue;
    held_bits -= 8;
    out.push_back(static_cast<std::byte>(held >> held_bits));
    held &= (1U << held_bits) - 1;
  }
  if (held != 0 || out.size() > length_max) return std::nullopt;
  return out;
}

}  // namespace

result<text_list> parse_text(byte_view text) {
  if (text.size() > text_bytes_max) {
    return fail(EPROTO, fmt::format("text of {} bytes", text.size()));
  }
  if (!text.empty() && text.back() != std::byte{0}) return fail(EPROTO, "text without a final NUL");
  text_list pairs;
  std::string_view rest(reinterpret_cast<const char*>(text.data()), text.size());
  while (!rest.empty()) {
    const auto end = rest.find('\0');
    // Pairs are ended by at least one NUL; more of them say nothing.
    if (end != 0) CAIRN_TRY(add_pair(pairs, rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  return pairs;
}

bytes encode_text(const text_list& pairs) {
  bytes out;
  const auto append = [&](std::string_view s, char end) {
    for (const char c : s) out.push_back(static_cast<std::byte>(c));
    out.push_back(static_cast<std::byte>(end));
  };
  for (const auto& [key, value] : pairs) {
    append(key, '=');
    append(value, '\0');
  }
  return out;
}

const std::string* find_value(const text_list& pairs, std::string_view key) {
  const auto found = std::ranges::find(pairs, key, &text_pair::key);
  return found == pairs.end() ? nullptr : &found->value;
}

std::optional<std::uint64_t> number_value(std::string_view text, number_bounds bounds) {
  const unsigned base = has_prefix(text, 'x') ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  if (text.empty() || (base == 10 && text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = digit_of(c, base);
    if (digit < 0 || value > (bounds.max - std::min<std::uint64_t>(bounds.max, digit)) / base) {
      return std::nullopt;
    }
    value = value * base + static_cast<unsigned>(digit);
  }
  if (value < bounds.min || value > bounds.max) return std::nullopt;
  return value;
}

std::optional<bool> boolean_value(std::string_view text) {
  if (text == "Yes") return true;
  if (text == "No") return false;
  return std::nullopt;
}

std::optional<bytes> binary_value(std::string_view text, std::size_t length_max) {
  if (has_prefix(text, 'x')) return from_hex(text.substr(2), length_max);
  if (has_prefix(text, 'b')) return from_base64(text.substr(2), length_max);
  return std::nullopt;
}

std::string hex_value(byte_view octets) {
  std::string out = "0x";
  for (const auto b : octets) out += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return out;
}

std::vector<std::string_view> list_value(std::string_view text) {
  std::vector<std::string_view> items;
  for (std::size_t at = 0;;) {
    const auto comma = text.find(',', at);
    items.push_back(text.substr(at, comma - at));
    if (comma == std::string_view::npos) return items;
    at = comma + 1;
  }
}

result<void> gathered_text::add(byte_view part) {
  if (part.size() > text_bytes_max - text_.size()) {
    return fail(EPROTO, fmt::format("text of more than {} bytes", text_bytes_max));
  }
  text_.insert(text_.end(), part.begin(), part.end());
  return {};
}

bytes gathered_text::take() { return std::exchange(text_, {}); }

void parted_text::put(bytes text) {
  text_ = std::move(text);
  at_ = 0;
}

bytes parted_text::next(std::size_t length_max) {
  const auto length = std::min(length_max, text_.size() - at_);
  const auto rest = byte_view(text_).subspan(at_, length);
  at_ += length;
  return {rest.begin(), rest.end()};
}

}  // namespace cairn::iscsi

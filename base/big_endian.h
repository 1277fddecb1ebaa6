// Big-endian fields, as network protocols and SCSI have them, read and written within bounds.
//
// Every field that comes from outside goes through field_reader: a read past the end gives zero and
// is remembered, so that a parser reads all it wants and asks once, at its end, whether it could.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace cairn {

// T's low `width` bytes at `at` of `out`; the caller has made sure that they fit.
inline void store_be(byte_span out, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i)
    out[at + i] = static_cast<std::byte>(value >> (8 * (width - 1 - i)));
}

class field_reader {
 public:
  explicit field_reader(byte_view in) : in_(in) {}

  std::uint64_t number(std::size_t at, std::size_t width) const {
    const auto field = view(at, width);
    std::uint64_t value = 0;
    for (const auto b : field) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }
  std::uint8_t u8(std::size_t at) const { return static_cast<std::uint8_t>(number(at, 1)); }
  std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u24(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 3)); }
  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::size_t at) const { return number(at, 8); }
  bool bit(std::size_t at, unsigned n) const { return (u8(at) >> n & 1) != 0; }

  // Empty where it does not lie within.
  byte_view view(std::size_t at, std::size_t length) const {
    if (at > in_.size() || length > in_.size() - at) {
      short_ = true;
      return {};
    }
    return in_.subspan(at, length);
  }
  std::size_t size() const { return in_.size(); }
  // Something was asked for that is not there.
  bool fell_short() const { return short_; }

 private:
  byte_view in_;
  mutable bool short_ = false;
};

// Appends fields to bytes.
class field_writer {
 public:
  explicit field_writer(bytes& out) : out_(out) {}

  field_writer& number(std::uint64_t value, std::size_t width) {
    out_.resize(out_.size() + width);
    store_be(out_, out_.size() - width, value, width);
    return *this;
  }
  field_writer& u8(std::uint64_t v) { return number(v, 1); }
  field_writer& u16(std::uint64_t v) { return number(v, 2); }
  field_writer& u24(std::uint64_t v) { return number(v, 3); }
  field_writer& u32(std::uint64_t v) { return number(v, 4); }
  field_writer& u64(std::uint64_t v) { return number(v, 8); }
  field_writer& zero(std::size_t n) {
    out_.resize(out_.size() + n);
    return *this;
  }
  field_writer& raw(byte_view v) {
    out_.insert(out_.end(), v.begin(), v.end());
    return *this;
  }
  // Left-aligned ASCII, cut or padded with spaces to `width` bytes.
  field_writer& text(const std::string& s, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i)
      out_.push_back(static_cast<std::byte>(i < s.size() ? s[i] : ' '));
    return *this;
  }
  std::size_t size() const { return out_.size(); }

 private:
  bytes& out_;
};

}  // namespace cairn

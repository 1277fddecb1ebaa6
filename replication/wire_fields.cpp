#include "replication/wire_fields.h"

#include <cerrno>

namespace cairn {
namespace {

// Length of the UTF-8 character at `at`, 0 where there is none (overlong forms and surrogates are
// not told apart from valid ones beyond their lead byte: nothing here depends on it being unique).
std::size_t character_length(const std::string& text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
  return length;
}

bool printable(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace

void field_reader::refuse(const char* field, const std::string& why) {
  if (fault_.empty()) fault_ = std::string(message_) + ": " + field + " " + why;
}

std::uint64_t field_reader::amount(std::uint64_t raw, const char* field) {
  if (raw <= wire_number_max) return raw;
  refuse(field, "is 2^63 or more");
  return 0;
}

std::string field_reader::name(const std::string& raw, const char* field) {
  if (raw.empty()) refuse(field, "is empty");
  if (raw.size() > wire_name_max) refuse(field, "is longer than 255 bytes");
  return sentence(raw, field);
}

std::string field_reader::sentence(const std::string& raw, const char* field) {
  if (raw.size() > wire_sentence_max)
    refuse(field, "is longer than 1024 bytes");
  else if (!printable(raw))
    refuse(field, "is not printable UTF-8");
  else
    return raw;
  return {};
}

uuid field_reader::id(const std::string& raw, const char* field) {
  uuid out;
  if (raw.size() == out.octets.size())
    std::memcpy(out.octets.data(), raw.data(), raw.size());
  else
    refuse(field, "is not 16 bytes long");
  return out;
}

uuid field_reader::id_or_nil(const std::string& raw, const char* field) {
  return raw.empty() ? uuid{} : id(raw, field);
}

std::optional<digest> field_reader::digest_or_none(const std::string& raw, const char* field) {
  if (raw.empty()) return std::nullopt;
  return id(raw, field).octets;
}

std::uint32_t field_reader::choice(std::uint32_t raw, std::uint32_t last, const char* field) {
  if (raw >= 1 && raw <= last) return raw;
  refuse(field, "has the unknown value " + std::to_string(raw));
  return 1;
}

marker_id field_reader::marker(const wire::marker_name& raw, const char* field) {
  return {numbered<marker_number>(raw.number(), field), numbered<epoch>(raw.made_in(), field)};
}

bool field_reader::count(int n, int max, const char* field) {
  if (n <= max) return true;
  refuse(field, "has more than " + std::to_string(max) + " entries");
  return false;
}

std::string id_field(const uuid& id) {
  return {reinterpret_cast<const char*>(id.octets.data()), id.octets.size()};
}

std::string id_or_nothing(const uuid& id) { return id.is_nil() ? std::string() : id_field(id); }

std::string digest_field(const digest& d) { return id_field(uuid{d}); }

void put_marker(const marker_id& m, wire::marker_name* out) {
  out->set_number(m.number.value);
  out->set_made_in(m.made_in.value);
}

std::string sentence_field(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const std::string next = length == 0 ? "?" : text.substr(at, length);
    if (out.size() + next.size() > wire_sentence_max) break;
    out += next;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace cairn

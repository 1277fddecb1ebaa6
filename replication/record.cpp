#include "replication/record.h"

#include <algorithm>
#include <limits>

#include "base/crc32c.h"

namespace cairn {
namespace {

// Offsets of the header's fields; docs/journal.md, "a record".
constexpr std::uint32_t magic = 0x524e5243;  // "CRNR"
constexpr std::uint8_t version = 2;
constexpr std::size_t at_magic = 0, at_version = 4, at_kind = 5, at_reserved = 6, at_crc = 8,
                      at_volume = 12, at_incarnation = 16, at_sequence = 24, at_offset = 32,
                      at_length = 40, at_data_length = 48, at_data_crc = 52, at_durable = 56;

std::uint32_t header_crc(record_header header, std::uint64_t salt) {
  store_le(byte_span(header), at_crc, std::uint32_t{0});
  if (salt == 0) return crc32c(header);
  std::byte seed[8];
  store_le(byte_span(seed), 0, salt);
  return crc32c(header, crc32c(seed));
}

bool known(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(record_kind::write) &&
         kind <= static_cast<std::uint8_t>(newest_kind);
}

// Condition 8: the data length that kind and range ask for.
bool length_fits(const record& r) {
  switch (r.kind) {
    case record_kind::write:
      return r.data_length == r.range.length;
    case record_kind::copy:  // a primary reads its bytes when it is sent
      return r.data_length == 0 || r.data_length == r.range.length;
    case record_kind::marker:
    case record_kind::seal:
    case record_kind::void_:
      return r.data_length == marker_body_bytes;
    case record_kind::resync_begin:
    case record_kind::resync_end:
    case record_kind::void_range:
    case record_kind::final_:
      return r.data_length == named_body_bytes;
    case record_kind::members:
      return r.data_length >= members_body_least;
    case record_kind::zero:
    case record_kind::trim:
    case record_kind::gap:
      return r.data_length == 0;
  }
  return false;
}

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

// Condition 7: what offset and length say.
bool range_fits(const record& r) {
  const bool some = !r.range.empty() && r.range.within(most);
  if (changes_volume(r.kind)) return some;
  if (r.kind != record_kind::void_range) return r.range == byte_range{};
  return some && r.range.offset > 0 && r.range.end() == r.seq.value + 1;
}

// Conditions 5 to 8 of docs/journal.md, "a header is valid if".
bool consistent(const record& r) {
  if (!r.made_in || !r.seq || r.seq.value > most || r.made_in.value > most) return false;
  if (changes_volume(r.kind) != (r.volume != 0)) return false;
  if (!range_fits(r) || r.durable_then >= first_of(r)) return false;
  return r.data_length <= record_data_max && length_fits(r);
}

// Conditions 1 and 2.
bool whole(byte_view in, std::uint64_t salt) {
  if (in.size() < record_header_bytes || load_le<std::uint32_t>(in, at_magic) != magic)
    return false;
  record_header header;
  std::copy_n(in.begin(), record_header_bytes, header.begin());
  return load_le<std::uint32_t>(in, at_crc) == header_crc(header, salt);
}

}  // namespace

const char* name_of(record_kind kind) {
  switch (kind) {
    case record_kind::write:
      return "write";
    case record_kind::zero:
      return "zero";
    case record_kind::trim:
      return "trim";
    case record_kind::copy:
      return "copy";
    case record_kind::gap:
      return "gap";
    case record_kind::marker:
      return "marker";
    case record_kind::seal:
      return "seal";
    case record_kind::void_:
      return "void";
    case record_kind::resync_begin:
      return "resync-begin";
    case record_kind::resync_end:
      return "resync-end";
    case record_kind::void_range:
      return "void-range";
    case record_kind::final_:
      return "final";
    case record_kind::members:
      return "members";
  }
  return "unknown";
}

bool changes_volume(record_kind kind) {
  return kind == record_kind::write || kind == record_kind::zero || kind == record_kind::trim ||
         kind == record_kind::copy;
}

bool carries_marker(record_kind kind) {
  return kind == record_kind::marker || kind == record_kind::seal || kind == record_kind::void_;
}

record_header encode_header(const record& r, std::uint64_t salt) {
  record_header header{};
  const byte_span out(header);
  store_le(out, at_magic, magic);
  store_le(out, at_version, version);
  store_le(out, at_kind, static_cast<std::uint8_t>(r.kind));
  store_le(out, at_volume, r.volume);
  store_le(out, at_incarnation, r.made_in.value);
  store_le(out, at_sequence, r.seq.value);
  store_le(out, at_offset, r.range.offset);
  store_le(out, at_length, r.range.length);
  store_le(out, at_data_length, r.data_length);
  store_le(out, at_data_crc, r.data_crc);
  store_le(out, at_durable, r.durable_then.value);
  store_le(out, at_crc, header_crc(header, salt));
  return header;
}

std::string unknown_in(byte_view in, std::uint64_t salt) {
  if (!whole(in, salt)) return {};
  const auto found = load_le<std::uint8_t>(in, at_version);
  if (found != version)
    return "its format is version " + std::to_string(found) + ", this Cairn reads " +
           (found > version ? "up to " : "from version ") + std::to_string(version) +
           (found > version ? "" : " on");
  const auto kind = load_le<std::uint8_t>(in, at_kind);
  if (known(kind)) return {};
  return "it is of kind " + std::to_string(kind) + ", which this Cairn does not know";
}

std::optional<record> decode_header(byte_view in, std::uint64_t salt) {
  if (!whole(in, salt)) return std::nullopt;
  if (load_le<std::uint8_t>(in, at_version) != version) return std::nullopt;
  if (load_le<std::uint16_t>(in, at_reserved) != 0) return std::nullopt;
  const auto kind = load_le<std::uint8_t>(in, at_kind);
  if (!known(kind)) return std::nullopt;
  record r;
  r.kind = static_cast<record_kind>(kind);
  r.made_in = incarnation(load_le<std::uint64_t>(in, at_incarnation));
  r.seq = sequence(load_le<std::uint64_t>(in, at_sequence));
  r.volume = load_le<std::uint32_t>(in, at_volume);
  r.range = {load_le<std::uint64_t>(in, at_offset), load_le<std::uint64_t>(in, at_length)};
  r.data_length = load_le<std::uint32_t>(in, at_data_length);
  r.data_crc = load_le<std::uint32_t>(in, at_data_crc);
  r.durable_then = sequence(load_le<std::uint64_t>(in, at_durable));
  if (!consistent(r)) return std::nullopt;
  return r;
}

}  // namespace cairn

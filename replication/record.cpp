#include "replication/record.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/crc32c.h"

namespace cairn {
namespace {

// Offsets of the header's fields; docs/journal.md, "a record".
constexpr std::uint32_t magic = 0x524e5243;  // "CRNR"
constexpr std::uint8_t version = 1;
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

bool is_control(record_kind kind) {
  return kind == record_kind::marker || kind == record_kind::seal || kind == record_kind::void_;
}

bool known(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(record_kind::write) &&
         kind <= static_cast<std::uint8_t>(record_kind::resync_end);
}

// The data length that kind and range ask for.
std::uint64_t data_length_of(const record& r) {
  if (r.kind == record_kind::write || r.kind == record_kind::copy) return r.range.length;
  return is_control(r.kind) ? marker_body_bytes : 0;
}

// Conditions 5 to 8 of docs/journal.md, "a header is valid if".
bool consistent(const record& r) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (!r.made_in || !r.seq || r.seq.value > most || r.made_in.value > most) return false;
  if (r.durable_then >= r.seq) return false;
  if (changes_volume(r.kind) != (r.volume != 0)) return false;
  if (!changes_volume(r.kind) && r.range != byte_range{}) return false;
  if (changes_volume(r.kind) && (r.range.empty() || !r.range.within(most))) return false;
  return r.data_length <= record_data_max && r.data_length == data_length_of(r);
}

// Conditions 1 and 2.
bool whole(byte_view in, std::uint64_t salt) {
  if (in.size() < record_header_bytes || load_le<std::uint32_t>(in, at_magic) != magic)
    return false;
  record_header header;
  std::copy_n(in.begin(), record_header_bytes, header.begin());
  return load_le<std::uint32_t>(in, at_crc) == header_crc(header, salt);
}

std::uint64_t fnv(std::uint64_t so_far, const std::string& text) {
  constexpr std::uint64_t prime = 0x100000001b3;
  for (const char c : text) so_far = (so_far ^ static_cast<unsigned char>(c)) * prime;
  return so_far * prime;  // the NUL that ends it
}

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;

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
  }
  return "unknown";
}

bool changes_volume(record_kind kind) {
  return kind == record_kind::write || kind == record_kind::zero || kind == record_kind::trim ||
         kind == record_kind::copy;
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
    return "its format is version " + std::to_string(found) + ", this Cairn reads up to " +
           std::to_string(version);
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

std::array<std::byte, marker_body_bytes> encode_marker_body(const marker_body& body) {
  std::array<std::byte, marker_body_bytes> out;
  store_le(byte_span(out), 0, body.marker.number.value);
  store_le(byte_span(out), 8, body.marker.made_in.value);
  store_le(byte_span(out), 16, body.group_hash);
  store_le(byte_span(out), 24, body.members_hash);
  return out;
}

std::optional<marker_body> decode_marker_body(byte_view in) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (in.size() != marker_body_bytes) return std::nullopt;
  marker_body body;
  body.marker.number = marker_number(load_le<std::uint64_t>(in, 0));
  body.marker.made_in = epoch(load_le<std::uint64_t>(in, 8));
  body.group_hash = load_le<std::uint64_t>(in, 16);
  body.members_hash = load_le<std::uint64_t>(in, 24);
  if (!body.marker || body.marker.number.value > most || body.marker.made_in.value > most)
    return std::nullopt;
  return body;
}

std::uint64_t hash_of_members(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::uint64_t hash = fnv_start;
  for (const auto& name : names) hash = fnv(hash, name);
  return hash == 0 ? 1 : hash;
}

std::uint64_t hash_of_group(const std::string& name) {
  const auto hash = fnv(fnv_start, name);
  return hash == 0 ? 1 : hash;
}

}  // namespace cairn

// The entries of a journal and how one lies in a segment and on the wire. docs/journal.md is the
// format; this is its only reader and writer.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/number.h"
#include "base/result.h"

namespace cairn {

// The numbers are the format's; never reuse one.
enum class record_kind : std::uint8_t {
  write = 1,
  zero = 2,
  trim = 3,
  copy = 4,
  gap = 5,
  marker = 6,
  seal = 7,
  void_ = 8,  // "void" in docs and messages
  resync_begin = 9,
  resync_end = 10,
};

const char* name_of(record_kind kind);
// Whether the record changes bytes of a volume: write, zero, trim, copy.
bool changes_volume(record_kind kind);

// A marker's name. At any member both parts only grow, so the order by N is the order in time.
struct marker_id {
  marker_number number;
  epoch made_in;
  explicit operator bool() const { return bool(number); }
  friend auto operator<=>(const marker_id&, const marker_id&) = default;
};

// The body of marker, seal and void records.
struct marker_body {
  marker_id marker;
  std::uint64_t group_hash = 0;    // hash_of_group(name)
  std::uint64_t members_hash = 0;  // hash_of_members(names); 0 in seal and void
  friend bool operator==(const marker_body&, const marker_body&) = default;
};

struct record {
  record_kind kind = record_kind::gap;
  incarnation made_in;            // the start of the primary's journal that made it
  sequence seq;                   // position in the journal, from 1
  std::uint32_t volume = 0;       // index of the volume in its member, from 1; 0: none
  byte_range range;               // of the volume, in bytes; empty for marker, seal, void, gap
  std::uint32_t data_length = 0;  // bytes that follow the header: range.length for write and copy,
                                  // marker_body_bytes for marker, seal, void, else 0
  std::uint32_t data_crc = 0;     // CRC-32C of these bytes
  sequence durable_then;          // watermark that was known when it was written; display and
                                  // damage detection only
  friend bool operator==(const record&, const record&) = default;
};

inline constexpr std::size_t record_header_bytes = 64;
inline constexpr std::size_t record_alignment = 512;
inline constexpr std::size_t marker_body_bytes = 32;
inline constexpr std::uint32_t record_data_max = 1U << 20;  // host writes above it are split

// Bytes that the record takes: header and data, padded to record_alignment.
constexpr std::uint64_t stored_bytes(std::uint32_t data_length) {
  return align_up(record_header_bytes + data_length, record_alignment);
}

using record_header = std::array<std::byte, record_header_bytes>;

// `salt` seeds the header's checksum: the segment's salt on disk, 0 on the wire.
record_header encode_header(const record& r, std::uint64_t salt);

// A header that passes its checksum under `salt` and every rule of docs/journal.md ("a header is
// valid if"), or nullopt. Reads record_header_bytes from the front of `in`, which may be shorter.
std::optional<record> decode_header(byte_view in, std::uint64_t salt);

// Why a header that passes its checksum is of a newer Cairn: a version or a kind that is not known
// here. Empty: it is not. Such a record is refused, never skipped.
std::string unknown_in(byte_view in, std::uint64_t salt);

std::array<std::byte, marker_body_bytes> encode_marker_body(const marker_body& body);
std::optional<marker_body> decode_marker_body(byte_view in);

// FNV-1a, 64 bits, over the names, sorted, each ended by a NUL. Never 0.
std::uint64_t hash_of_members(std::vector<std::string> names);
std::uint64_t hash_of_group(const std::string& name);

}  // namespace cairn

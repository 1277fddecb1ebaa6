// The entries of a journal and how one lies in a segment and on the wire. docs/journal.md is the
// format; this is its only reader and writer.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/number.h"
#include "base/result.h"
#include "base/uuid.h"

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
  void_range = 11,  // one record in the place of many: their sequences are not coming
  final_ = 12,      // "final" in docs and messages
  members = 13,
};
inline constexpr auto newest_kind = record_kind::members;

const char* name_of(record_kind kind);
// Whether the record changes bytes of a volume: write, zero, trim, copy.
bool changes_volume(record_kind kind);
// Whether its body is a marker_body: marker, seal, void.
bool carries_marker(record_kind kind);

// A marker's name in its lineage. At any member both parts only grow: N is the order in time.
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
  uuid lineage{};                  // of the group, in which it was made; nil: the first
  friend bool operator==(const marker_body&, const marker_body&) = default;
};

// The body of a members record: who is in the group from the next marker on.
struct member_list {
  std::uint64_t version = 0;       // from 1; the higher one counts
  std::vector<std::string> names;  // ascending, each once
  friend bool operator==(const member_list&, const member_list&) = default;
};

struct record {
  record_kind kind = record_kind::gap;
  incarnation made_in;            // the start of the primary's journal that made it
  sequence seq;                   // position in the journal, from 1; of a void-range its last
  std::uint32_t volume = 0;       // index of the volume in its member, from 1; 0: none
  byte_range range;               // of the volume, in bytes; of a void-range: its first sequence
                                  // and how many; empty for the others that change no volume
  std::uint32_t data_length = 0;  // bytes that follow the header; docs/journal.md, condition 8
  std::uint32_t data_crc = 0;     // CRC-32C of these bytes
  sequence durable_then;          // watermark that was known when it was written; display and
                                  // damage detection only
  friend bool operator==(const record&, const record&) = default;
};

inline constexpr std::size_t record_header_bytes = 64;
inline constexpr std::size_t record_alignment = 512;
inline constexpr std::size_t marker_body_bytes = 56;
inline constexpr std::size_t named_body_bytes = 24;    // void-range, resync-begin, -end, final
inline constexpr std::size_t members_body_least = 16;  // of a list without names
inline constexpr std::size_t members_max = 1024;
inline constexpr std::uint32_t record_data_max = 1U << 20;  // host writes above it are split

// Bytes that the record takes: header and data, padded to record_alignment.
constexpr std::uint64_t stored_bytes(std::uint32_t data_length) {
  return align_up(record_header_bytes + data_length, record_alignment);
}

// The first sequence that the record stands for: its own, but for a void-range.
constexpr sequence first_of(const record& r) {
  return r.kind == record_kind::void_range ? sequence(r.range.offset) : r.seq;
}
// Whether the record has bytes, or zeroes, for its volume: a primary's copy has none.
inline bool shows_in_volume(const record& r) {
  return changes_volume(r.kind) && (r.kind != record_kind::copy || r.data_length != 0);
}

using record_header = std::array<std::byte, record_header_bytes>;

// `salt` seeds the header's checksum: the segment's salt on disk, 0 on the wire.
record_header encode_header(const record& r, std::uint64_t salt);

// A header that passes its checksum under `salt` and every rule of docs/journal.md ("a header is
// valid if"), or nullopt. Reads record_header_bytes from the front of `in`, which may be shorter.
std::optional<record> decode_header(byte_view in, std::uint64_t salt);

// Why a header that passes its checksum is of another Cairn: a version or a kind that is not known
// here. Empty: it is not. Such a record is refused, never skipped.
std::string unknown_in(byte_view in, std::uint64_t salt);

std::array<std::byte, marker_body_bytes> encode_marker_body(const marker_body& body);
std::optional<marker_body> decode_marker_body(byte_view in);
// void-range, resync-begin, resync-end: the id of their resync; final: that of its switchover.
std::array<std::byte, named_body_bytes> encode_named_body(const uuid& id);
std::optional<uuid> decode_named_body(byte_view in);
bytes encode_member_list(const member_list& list);
std::optional<member_list> decode_member_list(byte_view in);
// Whether `data` is a body that a record of this kind may have. True for kinds without one.
bool valid_body(record_kind kind, byte_view data);

// FNV-1a, 64 bits, over the names, sorted, each ended by a NUL. Never 0.
std::uint64_t hash_of_members(std::vector<std::string> names);
std::uint64_t hash_of_group(const std::string& name);

}  // namespace cairn

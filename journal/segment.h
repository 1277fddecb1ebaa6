// One use of a segment file: its header block and the open file. docs/journal.md, "a segment".
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/number.h"
#include "base/result.h"
#include "base/uuid.h"
#include "replication/record.h"
#include "storage/disk.h"

namespace cairn {

inline constexpr std::uint64_t segment_header_bytes = 4096;
inline constexpr std::uint64_t sync_block_bytes = 4096;  // what a loss of power may tear

// A record with this much data is a bulk record: it takes whole blocks, so that its append shares
// no page with another and never waits, at the inode's lock, for the disk to read one in.
inline constexpr std::uint32_t bulk_data_bytes = 128U << 10;
constexpr bool is_bulk(std::uint32_t data_length) { return data_length >= bulk_data_bytes; }

// Bytes of a segment that a record takes.
constexpr std::uint64_t placed_bytes(std::uint32_t data_length) {
  return is_bulk(data_length) ? align_up(stored_bytes(data_length), sync_block_bytes)
                              : stored_bytes(data_length);
}

struct segment_header {
  uuid journal;
  std::uint64_t number = 0;  // counts uses of segment files, from 1, never given twice
  std::uint64_t salt = 0;    // seeds the record headers' checksums; never 0
  std::uint64_t bytes = 0;   // of the file
  incarnation made_in;       // that prepared it
  friend bool operator==(const segment_header&, const segment_header&) = default;
};

bytes encode_segment_header(const segment_header& head);
std::optional<segment_header> decode_segment_header(byte_view in);  // of this version only
// The version of a whole header block, whichever it is: magic, version and checksum stay where they
// are. nullopt: there is no header block.
std::optional<std::uint32_t> segment_format(byte_view in);
inline constexpr std::uint32_t segment_format_newest = 2;

// EPROTONOSUPPORT where a segment file of this journal is of another version: in use or free, since
// a catalog that was put back from a backup may not know that it is in use.
result<void> check_segment_formats(disk& on, const std::string& journal);

// Shared by everybody who reads or writes it: a file is recycled only when nobody holds this.
struct segment {
  segment_header head;
  std::string name;  // of the file in segments/
  std::unique_ptr<file> store;
  // Behind this its blocks are allocated, but were never written, in any use of the file: no page
  // needs to be read in, and the first sync of each is slower. Grows when zeroes are written ahead.
  std::atomic<std::uint64_t> written_to = 0;
};
using segment_ptr = std::shared_ptr<segment>;

}  // namespace cairn

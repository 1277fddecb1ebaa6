// What a logical unit is asked and what it answers: SCSI without a transport (SAM-5, SPC-4, SBC-3).
// Lengths are in bytes unless a name says blocks.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/bytes.h"

namespace cairn::scsi {

enum class status : std::uint8_t {
  good = 0x00,
  check_condition = 0x02,
  busy = 0x08,
  reservation_conflict = 0x18,
  task_set_full = 0x28,
  task_aborted = 0x40,
};

enum class sense_key : std::uint8_t {
  no_sense = 0x0,
  not_ready = 0x2,
  medium_error = 0x3,
  hardware_error = 0x4,
  illegal_request = 0x5,
  unit_attention = 0x6,
  data_protect = 0x7,
  aborted_command = 0xb,
  miscompare = 0xe,
};

struct sense {
  sense_key key = sense_key::no_sense;
  std::uint16_t code = 0;                    // ASC in the high byte, ASCQ in the low one
  std::optional<std::uint32_t> information;  // e.g. byte offset of a miscompare
  // Of an illegal request: the byte that is wrong, in the CDB or in the parameter list.
  std::optional<std::uint16_t> wrong_byte;
  bool in_parameters = false;
  friend bool operator==(const sense&, const sense&) = default;
};

// Fixed format (response code 70h), 18 bytes. SPC-4 4.5.3.
bytes encode(const sense& s);

struct answer {
  scsi::status status = scsi::status::good;
  bytes data_in;  // cut to the allocation length already
  std::optional<scsi::sense> sense;
};

using cdb = std::array<std::byte, 16>;

enum class work_kind : std::uint8_t {
  read,               // data_in: range.length bytes of the volume
  write,              // data_out: range.length bytes
  write_same,         // data_out: one block, for every block of `range`
  zero,               // no data; `range` reads as zeroes afterwards, its space may stay allocated
  unmap,              // no data; every range of `ranges` reads as zeroes and frees its space
  flush,              // everything acknowledged is durable
  check,              // VERIFY without data: the range can be read
  compare,            // data_out: range.length bytes that must be those of the volume
  write_and_check,    // write, then check
  write_and_compare,  // write, then compare with what was written
  compare_and_write,  // data_out: 2 x range.length bytes, the first half compared, the second
                      // written
  or_write,           // data_out: range.length bytes, or-ed to those of the volume
  prefetch,           // may read ahead
  lba_status,         // extents of `range` from its front, extents_max at most
};

// What the storage has to do. Ranges lie within the volume.
struct work {
  work_kind kind = work_kind::read;
  byte_range range;
  std::vector<byte_range> ranges;  // of unmap
  bool fua = false;                // durable before it is answered
  std::uint32_t block_bytes = 512;
  std::uint32_t extents_max = 0;  // of lba_status
};

struct mapped_extent {
  byte_range range;
  bool mapped = true;
};

struct work_outcome {
  int error = 0;                               // an errno
  std::optional<std::uint64_t> miscompare_at;  // into the data that was compared
  std::vector<mapped_extent> extents;          // of lba_status
};

}  // namespace cairn::scsi

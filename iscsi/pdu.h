// iSCSI PDUs (RFC 7143 section 11): the basic header segment as 48 bytes with named fields.
//
// A pdu's views point into the bytes that it was decoded from.
#pragma once
#include <array>
#include <cstdint>

#include "base/big_endian.h"

namespace cairn::iscsi {

enum class opcode : std::uint8_t {
  nop_out = 0x00,
  scsi_command = 0x01,
  task_request = 0x02,
  login_request = 0x03,
  text_request = 0x04,
  data_out = 0x05,
  logout_request = 0x06,
  snack = 0x10,
  nop_in = 0x20,
  scsi_response = 0x21,
  task_response = 0x22,
  login_response = 0x23,
  text_response = 0x24,
  data_in = 0x25,
  logout_response = 0x26,
  r2t = 0x31,
  async_message = 0x32,
  reject = 0x3f,
};

inline constexpr std::size_t header_bytes = 48;
inline constexpr std::size_t digest_bytes = 4;
inline constexpr std::uint32_t no_tag = 0xffffffff;

// Byte positions that many PDUs share.
namespace field {
inline constexpr std::size_t flags = 1, ahs_words = 4, data_length = 5, lun = 8, isid = 8,
                             tsih = 14, task_tag = 16, target_tag = 20, cid = 20, stat_sn = 24,
                             cmd_sn = 24, exp_stat_sn = 28, exp_cmd_sn = 28, max_cmd_sn = 32,
                             data_sn = 36, buffer_offset = 40;
}  // namespace field

class header {
 public:
  header() = default;
  explicit header(opcode op) { set(0, static_cast<std::uint8_t>(op), 1); }
  explicit header(std::span<const std::byte, header_bytes> in) {
    std::copy(in.begin(), in.end(), raw_.begin());
  }

  std::uint8_t op() const { return u8(0) & 0x3f; }
  bool is(opcode o) const { return op() == static_cast<std::uint8_t>(o); }
  bool immediate() const { return (u8(0) & 0x40) != 0; }
  std::uint8_t flags() const { return u8(field::flags); }
  bool final() const { return (flags() & 0x80) != 0; }
  std::uint32_t task_tag() const { return u32(field::task_tag); }
  std::uint32_t data_length() const { return field_reader(raw_).u24(field::data_length); }
  std::size_t ahs_bytes() const { return std::size_t{u8(field::ahs_words)} * 4; }

  std::uint8_t u8(std::size_t at) const { return field_reader(raw_).u8(at); }
  std::uint16_t u16(std::size_t at) const { return field_reader(raw_).u16(at); }
  std::uint32_t u32(std::size_t at) const { return field_reader(raw_).u32(at); }
  std::uint64_t number(std::size_t at, std::size_t width) const {
    return field_reader(raw_).number(at, width);
  }
  header& set(std::size_t at, std::uint64_t value, std::size_t width) {
    store_be(raw_, at, value, width);
    return *this;
  }
  byte_view view() const { return raw_; }
  const std::array<std::byte, header_bytes>& raw() const { return raw_; }

 private:
  std::array<std::byte, header_bytes> raw_{};
};

struct pdu {
  header head;
  byte_view ahs;
  byte_view data;  // without padding
};

// A PDU to send: its data length is set, its data not yet padded.
struct outgoing {
  header head;
  bytes data;
};

// The data segment on the wire, padded to four bytes.
constexpr std::uint32_t padded(std::uint32_t n) { return (n + 3) & ~3U; }

}  // namespace cairn::iscsi

// Vital product data (SPC-4 7.8, SBC-3 6.6): pages 00, 80, 83, 86, B0, B1, B2.
#include <fmt/format.h>

#include "base/big_endian.h"
#include "iscsi/scsi/inquiry.h"

namespace cairn::scsi {
namespace {

struct page_source {
  const device_identity& who;
  const geometry& volume;
};

void serial_number(field_writer& w, const page_source& s) {
  w.text(s.who.serial, std::min<std::size_t>(s.who.serial.size(), 255));
}

enum class code_set : std::uint8_t { binary = 1, ascii = 2, utf8 = 3 };
enum class association : std::uint8_t { unit = 0x00, port = 0x10, target = 0x20 };

void designator(field_writer& w, code_set set, association of, std::uint8_t type, byte_view value) {
  constexpr std::uint8_t iscsi = 0x50, protocol_valid = 0x80;
  const bool unit = of == association::unit;
  w.u8(static_cast<std::uint8_t>(set) | (unit ? 0 : iscsi));
  w.u8(static_cast<std::uint8_t>(of) | (unit ? 0 : protocol_valid) | type);
  w.u8(0).u8(static_cast<std::uint8_t>(value.size())).raw(value);
}

bytes name_string(std::string name) {
  name.resize(std::min<std::size_t>(name.size(), 240));
  name.resize(align_up(name.size() + 1, 4), '\0');
  const auto view = std::as_bytes(std::span(name));
  return {view.begin(), view.end()};
}

bytes number_of(std::uint64_t value, std::size_t width) {
  bytes out;
  field_writer(out).number(value, width);
  return out;
}

void identification(field_writer& w, const page_source& s) {
  designator(w, code_set::binary, association::unit, 3, number_of(s.who.naa, 8));
  bytes vendor;
  field_writer(vendor)
      .text("CAIRN", 8)
      .text(s.who.serial, std::min<std::size_t>(s.who.serial.size(), 240));
  designator(w, code_set::ascii, association::unit, 1, vendor);
  designator(w, code_set::utf8, association::target, 8, name_string(s.who.target_name));
  designator(w, code_set::utf8, association::port, 8,
             name_string(fmt::format("{},t,0x{:04x}", s.who.target_name, target_port)));
  designator(w, code_set::binary, association::port, 4, number_of(target_port, 4));
  designator(w, code_set::binary, association::port, 5, number_of(port_group, 4));
}

void extended_inquiry(field_writer& w, const page_source&) {
  constexpr std::uint8_t simple_tasks = 0x01, groups = 0x10, volatile_cache = 0x01,
                         attentions_per_unit = 0x01;
  w.u8(0).u8(simple_tasks | groups).u8(volatile_cache).u8(attentions_per_unit).zero(56);
}

void block_limits(field_writer& w, const page_source& s) {
  const auto block = s.volume.block_bytes;
  const auto granule = s.volume.blocks_per_granule();
  w.u8(0).u8(compare_blocks_max).u16(granule);
  w.u32(transfer_bytes_max / block).u32(optimal_transfer_bytes / block).u32(0);
  w.u32(unmap_blocks_max).u32(unmap_descriptors_max).u32(granule);
  constexpr std::uint32_t alignment_valid = 0x80000000;
  w.u32(alignment_valid).u64(write_same_blocks_max).zero(20);
}

void block_characteristics(field_writer& w, const page_source&) {
  constexpr std::uint16_t no_rotation = 0x0001;
  constexpr std::uint8_t verifies_unmapped = 0x01;
  w.u16(no_rotation).u16(0).u8(verifies_unmapped).zero(55);
}

void provisioning(field_writer& w, const page_source&) {
  constexpr std::uint8_t unmap = 0x80, write_same_16 = 0x40, write_same_10 = 0x20,
                         reads_zeroes = 0x04, thin = 2;
  w.u8(0).u8(unmap | write_same_16 | write_same_10 | reads_zeroes).u8(thin).u8(0);
}

struct page_form {
  std::uint8_t number;
  void (*write)(field_writer&, const page_source&);
};

void supported_pages(field_writer& w, const page_source&);

constexpr page_form pages[] = {
    {0x00, supported_pages},  {0x80, serial_number}, {0x83, identification},
    {0x86, extended_inquiry}, {0xb0, block_limits},  {0xb1, block_characteristics},
    {0xb2, provisioning},
};

void supported_pages(field_writer& w, const page_source&) {
  for (const page_form& p : pages) w.u8(p.number);
}

}  // namespace

std::optional<bytes> vital_page(std::uint8_t page, const device_identity& who,
                                const geometry& volume) {
  for (const page_form& p : pages) {
    if (p.number != page) continue;
    bytes content, out;
    field_writer w(content);
    p.write(w, {who, volume});
    field_writer(out).u8(0).u8(page).u16(content.size()).raw(content);
    return out;
  }
  return std::nullopt;
}

}  // namespace cairn::scsi

#include "iscsi/scsi/mode_pages.h"

#include <array>

#include "base/big_endian.h"

namespace cairn::scsi {
namespace {

constexpr std::uint8_t page_mask = 0x3f, all_pages = 0x3f, all_subpages = 0xff;
constexpr std::uint8_t control_page = 0x0a, swp_byte = 4, swp_bit = 0x08;
constexpr std::uint8_t dpofua = 0x10, wp = 0x80;

struct mode_page {
  std::uint8_t number;
  std::uint8_t length;                 // with the two bytes of its header
  std::array<std::uint8_t, 20> value;  // its default
};

constexpr mode_page pages[] = {
    {0x01, 12, {0x01, 0x0a}},
    {0x08, 20, {0x08, 0x12, 0x04}},  // WCE: FLUSH and FUA make durable
    // Unrestricted reordering; TAS: who loses tasks to another nexus is told; busy timeout not
    // limited.
    {control_page, 12, {0x0a, 0x0a, 0x00, 0x10, 0, 0x40, 0, 0, 0xff, 0xff}},
    {0x1c, 12, {0x1c, 0x0a, 0x08}},  // DEXCPT
};

enum class page_control : std::uint8_t { current = 0, changeable = 1, defaults = 2, saved = 3 };

// Byte `at` of a page; the first two are its header, always as they are.
std::uint8_t page_byte(const mode_page& p, std::size_t at, page_control control, bool protect) {
  const bool swp = p.number == control_page && at == swp_byte;
  if (control == page_control::changeable && at >= 2) return swp ? swp_bit : 0;
  if (control == page_control::current && swp && protect) return p.value[at] | swp_bit;
  return p.value[at];
}

// Where things are in the short and the long form of the commands.
struct mode_form {
  bool ten = false;
  std::size_t header_bytes = 4;
  std::uint64_t length = 0;  // of the allocation or of the parameter list

  explicit mode_form(const cdb& command) {
    const field_reader in(command);
    ten = in.u8(0) >= 0x20;
    header_bytes = ten ? 8 : 4;
    length = ten ? in.u16(7) : in.u8(4);
  }
};

bytes block_descriptor(const geometry& volume, bool long_addresses) {
  bytes out;
  field_writer w(out);
  if (long_addresses)
    w.u64(volume.blocks()).u32(0).u32(volume.block_bytes);
  else
    w.u32(std::min<std::uint64_t>(volume.blocks(), 0xffffffff)).u8(0).u24(volume.block_bytes);
  return out;
}

bytes with_header(const mode_form& form, bool protect, bool long_addresses, const bytes& descriptor,
                  const bytes& content) {
  const auto specific = static_cast<std::uint8_t>(dpofua | (protect ? wp : 0));
  const auto rest = descriptor.size() + content.size();
  bytes out;
  field_writer w(out);
  if (form.ten)
    w.u16(rest + 6).u8(0).u8(specific).u8(long_addresses).u8(0).u16(descriptor.size());
  else
    w.u8(rest + 3).u8(0).u8(specific).u8(descriptor.size());
  w.raw(descriptor).raw(content);
  return out;
}

const mode_page* find_page(std::uint8_t number) {
  for (const mode_page& p : pages)
    if (p.number == number) return &p;
  return nullptr;
}

// What a parameter list asks for, or why not.
struct wanted {
  std::optional<sense> wrong;
  std::optional<bool> protect;
};

wanted wrong_at(std::size_t byte) {
  return {wrong_in_parameters(static_cast<std::uint16_t>(byte)), std::nullopt};
}

bool descriptor_fits(byte_view descriptor, const geometry& volume, bool long_addresses) {
  const field_reader in(descriptor);
  const std::uint64_t all = long_addresses ? ~0ULL : 0xffffffff;
  const auto blocks = long_addresses ? in.u64(0) : in.u32(0);
  const auto block = long_addresses ? in.u32(12) : in.u24(5);
  return (blocks == 0 || blocks == all || blocks == volume.blocks()) && block == volume.block_bytes;
}

// The pages from byte `at` of the list on; `now` is what SWP is.
wanted read_pages(byte_view list, std::size_t at, bool now) {
  wanted want;
  const field_reader in(list);
  while (at < list.size()) {
    constexpr std::uint8_t subpage_format = 0x40;
    const mode_page* page = find_page(in.u8(at) & page_mask);
    if (!page || (in.u8(at) & subpage_format) != 0) return wrong_at(at);
    if (list.size() - at < page->length) return {illegal(code::list_length), std::nullopt};
    for (std::size_t i = 1; i < page->length; ++i) {
      const auto mask = i < 2 ? 0 : page_byte(*page, i, page_control::changeable, false);
      const auto is = page_byte(*page, i, page_control::current, now);
      if (((in.u8(at + i) ^ is) & ~mask) != 0) return wrong_at(at + i);
      if (mask != 0) want.protect = (in.u8(at + i) & swp_bit) != 0;
    }
    at += page->length;
  }
  return want;
}

wanted read_list(const mode_form& form, byte_view list, const geometry& volume, bool now) {
  const field_reader in(list);
  const bool long_addresses = form.ten && in.bit(4, 0);
  const std::size_t descriptor = form.ten ? in.u16(6) : in.u8(3);
  if (in.fell_short()) return {illegal(code::list_length), std::nullopt};
  constexpr std::size_t medium_type_6 = 1, medium_type_10 = 2;
  const auto medium_type = form.ten ? medium_type_10 : medium_type_6;
  if (in.u8(medium_type) != 0) return wrong_at(medium_type);
  if (descriptor != 0) {
    if (descriptor != (long_addresses ? 16 : 8)) return wrong_at(form.ten ? 6 : 3);
    if (list.size() - form.header_bytes < descriptor)
      return {illegal(code::list_length), std::nullopt};
    if (!descriptor_fits(list.subspan(form.header_bytes, descriptor), volume, long_addresses))
      return wrong_at(form.header_bytes);
  }
  return read_pages(list, form.header_bytes + descriptor, now);
}

}  // namespace

decision mode_pages::report(const cdb& command, const geometry& volume) const {
  const field_reader in(command);
  const mode_form form(command);
  const auto control = static_cast<page_control>(in.u8(2) >> 6);
  const auto wanted_page = static_cast<std::uint8_t>(in.u8(2) & page_mask);
  if (in.u8(3) != 0 && in.u8(3) != all_subpages) return refused_cdb(3);
  if (control == page_control::saved) return refused(illegal(code::no_saved_pages));
  bytes content;
  for (const mode_page& p : pages) {
    if (wanted_page != all_pages && wanted_page != p.number) continue;
    for (std::size_t i = 0; i < p.length; ++i)
      field_writer(content).u8(page_byte(p, i, control, write_protected_));
  }
  if (content.empty()) return refused_cdb(2);
  const bool without_descriptor = in.bit(1, 3);
  const bool long_addresses = form.ten && in.bit(1, 4);
  const auto descriptor = without_descriptor ? bytes{} : block_descriptor(volume, long_addresses);
  return done(answered(with_header(form, write_protected_, long_addresses && !without_descriptor,
                                   descriptor, content),
                       form.length));
}

std::uint64_t mode_pages::list_bytes(const cdb& command) { return mode_form(command).length; }

mode_pages::selected mode_pages::select(const cdb& command, byte_view list,
                                        const geometry& volume) {
  const mode_form form(command);
  constexpr unsigned page_format = 4;
  if (!field_reader(command).bit(1, page_format)) return {refused_cdb(1)};
  if (form.length == 0) return {good()};
  if (list.size() < form.length) return {refused(illegal(code::list_length))};
  const wanted want = read_list(form, list.first(form.length), volume, write_protected_);
  if (want.wrong) return {refused(*want.wrong)};
  const bool before = write_protected_;
  write_protected_ = want.protect.value_or(before);
  return {good(), before != write_protected_};
}

}  // namespace cairn::scsi

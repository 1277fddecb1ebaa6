#include "iscsi/scsi/opcodes.h"

#include <algorithm>

#include "base/big_endian.h"

namespace cairn::scsi {
namespace {

using op = operation;

// Of CDBs of 10, 12 and 16 bytes with an LBA, a count of blocks and a group number.
constexpr command_form on_blocks(op what, access needs, std::uint8_t opcode, std::uint8_t byte_1) {
  command_form f{what, needs, opcode, no_action, {opcode, byte_1}};
  constexpr std::size_t control_by_group[8] = {5, 9, 9, 15, 15, 11, 15, 15};
  const auto control = control_by_group[opcode >> 5];
  for (std::size_t i = 2; i < control; ++i) f.usage[i] = 0xff;
  f.usage[control == 9 ? 6 : control - 1] = 0x1f;
  return f;
}

constexpr command_form reserve_in(std::uint16_t action) {
  return {op::persistent_reserve_in,
          access::attribute,
          0x5e,
          action,
          {0x5e, 0x1f, 0, 0, 0, 0, 0, 0xff, 0xff}};
}

constexpr command_form reserve_out(std::uint16_t action) {
  return {op::persistent_reserve_out,
          access::attribute,
          0x5f,
          action,
          {0x5f, 0x1f, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff}};
}

// Protection information (bits 7 to 5 of byte 1) is in none of them; the control byte is always 0.
constexpr command_form forms[] = {
    {op::test_unit_ready, access::attribute, 0x00, no_action, {0x00}},
    {op::request_sense, access::open, 0x03, no_action, {0x03, 0x01, 0, 0, 0xff}},
    {op::read, access::read, 0x08, no_action, {0x08, 0x1f, 0xff, 0xff, 0xff}},
    {op::write, access::write, 0x0a, no_action, {0x0a, 0x1f, 0xff, 0xff, 0xff}},
    {op::inquiry, access::open, 0x12, no_action, {0x12, 0x01, 0xff, 0xff, 0xff}},
    {op::mode_select, access::write, 0x15, no_action, {0x15, 0x10, 0, 0, 0xff}},
    {op::reserve, access::attribute, 0x16, no_action, {0x16}},
    {op::release, access::open, 0x17, no_action, {0x17}},
    {op::mode_sense, access::registered_read, 0x1a, no_action, {0x1a, 0x08, 0xff, 0xff, 0xff}},
    {op::start_stop, access::write, 0x1b, no_action, {0x1b, 0x01, 0, 0, 0x05}},
    {op::read_capacity_10,
     access::attribute,
     0x25,
     no_action,
     {0x25, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x01}},
    on_blocks(op::read, access::read, 0x28, 0x1a),
    on_blocks(op::write, access::write, 0x2a, 0x1a),
    on_blocks(op::write_and_verify, access::write, 0x2e, 0x16),
    on_blocks(op::verify, access::read, 0x2f, 0x16),
    on_blocks(op::prefetch, access::read, 0x34, 0x02),
    on_blocks(op::synchronize_cache, access::write, 0x35, 0x06),
    on_blocks(op::write_same, access::write, 0x41, 0x08),
    {op::unmap, access::write, 0x42, no_action, {0x42, 0, 0, 0, 0, 0, 0x1f, 0xff, 0xff}},
    {op::mode_select, access::write, 0x55, no_action, {0x55, 0x10, 0, 0, 0, 0, 0, 0xff, 0xff}},
    {op::mode_sense,
     access::registered_read,
     0x5a,
     no_action,
     {0x5a, 0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff}},
    reserve_in(0),
    reserve_in(1),
    reserve_in(2),
    reserve_in(3),
    reserve_out(0),
    reserve_out(1),
    reserve_out(2),
    reserve_out(3),
    reserve_out(4),
    reserve_out(5),
    reserve_out(6),
    reserve_out(7),
    on_blocks(op::read, access::read, 0x88, 0x1a),
    {op::compare_and_write,
     access::write,
     0x89,
     no_action,
     {0x89, 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0xff, 0x1f}},
    on_blocks(op::write, access::write, 0x8a, 0x1a),
    on_blocks(op::or_write, access::write, 0x8b, 0x1a),
    on_blocks(op::write_and_verify, access::write, 0x8e, 0x16),
    on_blocks(op::verify, access::read, 0x8f, 0x16),
    on_blocks(op::prefetch, access::read, 0x90, 0x02),
    on_blocks(op::synchronize_cache, access::write, 0x91, 0x06),
    on_blocks(op::write_same, access::write, 0x93, 0x09),
    {op::read_capacity_16,
     access::attribute,
     0x9e,
     0x10,
     {0x9e, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
    {op::lba_status,
     access::read,
     0x9e,
     0x12,
     {0x9e, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {op::report_luns,
     access::open,
     0xa0,
     no_action,
     {0xa0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}},
    {op::target_port_groups,
     access::attribute,
     0xa3,
     0x0a,
     {0xa3, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}},
    {op::supported_opcodes,
     access::registered_read,
     0xa3,
     0x0c,
     {0xa3, 0x1f, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {op::supported_task_management,
     access::registered_read,
     0xa3,
     0x0d,
     {0xa3, 0x1f, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}},
    on_blocks(op::read, access::read, 0xa8, 0x1a),
    on_blocks(op::write, access::write, 0xaa, 0x1a),
    on_blocks(op::write_and_verify, access::write, 0xae, 0x16),
    on_blocks(op::verify, access::read, 0xaf, 0x16),
};

}  // namespace

std::span<const command_form> command_forms() { return forms; }

std::size_t cdb_bytes(std::uint8_t opcode) {
  constexpr std::size_t by_group[8] = {6, 10, 10, 16, 16, 12, 16, 16};
  return by_group[opcode >> 5];
}

found_form find_form(std::uint8_t opcode, std::uint16_t service_action) {
  found_form found;
  for (const command_form& f : forms) {
    if (f.opcode != opcode) continue;
    found.opcode_known = true;
    if (f.has_action() && f.service_action != service_action) continue;
    found.form = &f;
    break;
  }
  return found;
}

found_form find_form(const cdb& command) {
  const field_reader in(command);
  return find_form(in.u8(0), in.u8(1) & 0x1f);
}

std::optional<std::uint16_t> unused_bits(const command_form& form, const cdb& command) {
  const field_reader in(command);
  for (std::size_t i = 1; i < cdb_bytes(form.opcode); ++i)
    if ((in.u8(i) & ~form.usage[i]) != 0) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

bool modifies(operation what) {
  switch (what) {
    case op::write:
    case op::write_and_verify:
    case op::write_same:
    case op::unmap:
    case op::compare_and_write:
    case op::or_write:
      return true;
    default:
      return false;
  }
}

}  // namespace cairn::scsi

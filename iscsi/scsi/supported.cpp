#include "iscsi/scsi/supported.h"

#include "base/big_endian.h"
#include "iscsi/scsi/inquiry.h"
#include "iscsi/scsi/opcodes.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {
namespace {

// A command timeouts descriptor that recommends nothing.
void write_timeouts(field_writer& w) { w.u16(0x0a).zero(10); }

bytes all_forms(bool timeouts) {
  bytes list;
  field_writer w(list);
  for (const command_form& f : command_forms()) {
    const auto flags = (timeouts ? 0x02 : 0) | (f.has_action() ? 0x01 : 0);
    w.u8(f.opcode).u8(0).u16(f.has_action() ? f.service_action : 0);
    w.u8(0).u8(flags).u16(cdb_bytes(f.opcode));
    if (timeouts) write_timeouts(w);
  }
  bytes out;
  field_writer(out).u32(list.size()).raw(list);
  return out;
}

bytes one_form(const command_form* form, bool timeouts) {
  constexpr std::uint8_t with_timeouts = 0x80, by_the_standard = 0x03, not_supported = 0x01;
  bytes out;
  field_writer w(out);
  if (!form) {
    w.u8(0).u8(not_supported).u16(0);
    return out;
  }
  const auto length = cdb_bytes(form->opcode);
  w.u8(0).u8(by_the_standard | (timeouts ? with_timeouts : 0)).u16(length);
  for (std::size_t i = 0; i < length; ++i) {
    const bool action = i == 1 && form->has_action();
    w.u8(action ? (form->usage[i] & 0xe0) | form->service_action : form->usage[i]);
  }
  if (timeouts) write_timeouts(w);
  return out;
}

}  // namespace

decision supported_opcodes(const cdb& command) {
  enum : std::uint8_t { every = 0, by_opcode = 1, by_action = 2, by_either = 3 };
  const field_reader in(command);
  const auto option = in.u8(2) & 0x07;
  const bool timeouts = in.bit(2, 7);
  const auto allocation = in.u32(6);
  if (option > by_either) return refused_cdb(2);
  if (option == every) return done(answered(all_forms(timeouts), allocation));
  const auto found = find_form(in.u8(3), in.u16(4));
  const auto any = find_form(in.u8(3), no_action);
  const bool has_actions = any.opcode_known && !any.form;
  if (option == by_opcode && has_actions) return refused_cdb(2);
  if (option == by_action && any.form) return refused_cdb(2);
  const bool other = option == by_either && any.form && in.u16(4) != 0;
  return done(answered(one_form(other ? nullptr : found.form, timeouts), allocation));
}

decision supported_task_management(const cdb& command) {
  constexpr std::uint8_t abort_task = 0x80, abort_task_set = 0x40, clear_task_set = 0x10,
                         unit_reset = 0x08, target_reset = 0x02;
  const field_reader in(command);
  const bool extended = in.bit(2, 7);
  bytes out;
  field_writer w(out);
  w.u8(abort_task | abort_task_set | clear_task_set | unit_reset | target_reset);
  w.u16(0).u8(extended ? 12 : 0).zero(extended ? 12 : 0);
  return done(answered(std::move(out), in.u32(6)));
}

decision target_port_groups(const cdb& command) {
  const field_reader in(command);
  const auto format = in.u8(1) >> 5;
  if (format > 1) return refused_cdb(1);
  constexpr std::uint8_t active_optimized = 0, supports_it = 0x01, extended_format = 0x10,
                         ports = 1;
  bytes list;
  field_writer w(list);
  if (format == 1) w.u8(extended_format).zero(3);
  w.u8(active_optimized).u8(supports_it).u16(port_group).zero(3).u8(ports);
  w.u16(0).u16(target_port);
  bytes out;
  field_writer(out).u32(list.size()).raw(list);
  return done(answered(std::move(out), in.u32(6)));
}

}  // namespace cairn::scsi

// PERSISTENT RESERVE IN: what is registered and reserved.
#include "base/big_endian.h"
#include "iscsi/scsi/reserve_commands.h"
#include "iscsi/scsi/sense.h"
#include "iscsi/scsi/transport_id.h"

namespace cairn::scsi {
namespace {

bytes with_generation(const reservations& now, const bytes& list) {
  bytes out;
  field_writer(out).u32(now.generation()).u32(list.size()).raw(list);
  return out;
}

bytes read_keys(const reservations& now) {
  bytes list;
  for (const registration& r : now.registered()) field_writer(list).u64(r.key);
  return with_generation(now, list);
}

bytes read_reservation(const reservations& now) {
  bytes list;
  if (const auto& held = now.reservation()) {
    field_writer(list)
        .u64(now.holders_key())
        .zero(5)
        .u8(static_cast<std::uint8_t>(held->type))
        .zero(2);
  }
  return with_generation(now, list);
}

bytes report_capabilities(const reservations& now) {
  constexpr std::uint8_t specify_initiators = 0x08, all_target_ports = 0x04, can_be_kept = 0x01,
                         types_valid = 0x80;
  constexpr std::uint16_t all_types = 0xea01;
  bytes out;
  field_writer(out)
      .u16(8)
      .u8(specify_initiators | all_target_ports | can_be_kept)
      .u8(types_valid | (now.kept() ? 0x01 : 0))
      .u16(all_types)
      .zero(2);
  return out;
}

bytes read_full_status(const reservations& now) {
  bytes list;
  field_writer w(list);
  for (const registration& r : now.registered()) {
    const bool holder = now.holds(r);
    const auto id = transport_id(r.port);
    w.u64(r.key).zero(4).u8(holder ? 0x01 : 0);
    w.u8(holder ? static_cast<std::uint8_t>(now.reservation()->type) : 0).zero(4);
    w.u16(target_port).u32(id.size()).raw(id);
  }
  return with_generation(now, list);
}

}  // namespace

decision persistent_reserve_in(const cdb& command, const reservations& now) {
  const field_reader in(command);
  const auto allocation = in.u16(7);
  switch (in.u8(1) & 0x1f) {
    case 0:
      return done(answered(read_keys(now), allocation));
    case 1:
      return done(answered(read_reservation(now), allocation));
    case 2:
      return done(answered(report_capabilities(now), allocation));
    case 3:
      return done(answered(read_full_status(now), allocation));
    default:
      return refused_cdb(1);
  }
}

}  // namespace cairn::scsi

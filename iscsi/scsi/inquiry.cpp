#include "iscsi/scsi/inquiry.h"

#include "base/big_endian.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {
namespace {

constexpr std::uint8_t disk = 0x00, nothing_there = 0x7f;  // peripheral qualifier and type

bytes standard_page(std::uint8_t peripheral, const device_identity& who) {
  constexpr std::uint16_t sam_5 = 0x00a0, iscsi = 0x0960, spc_4 = 0x0460, sbc_3 = 0x04c0;
  bytes out;
  field_writer w(out);
  w.u8(peripheral).u8(0).u8(0x06).u8(0x12);  // SPC-4; HISUP, response data format 2
  w.u8(96 - 5).u8(0x10).u8(0x10).u8(0x02);   // implicit ALUA; MULTIP; CMDQUE
  w.text("CAIRN", 8).text("VOLUME", 16).text(who.revision, 4).zero(22);
  w.u16(sam_5).u16(iscsi).u16(spc_4).u16(sbc_3).zero(96 - w.size());
  return out;
}

}  // namespace

decision inquiry(const cdb& command, const device_identity& who, const geometry& volume) {
  const field_reader in(command);
  const bool vital = in.bit(1, 0);
  if (!vital) {
    if (in.u8(2) != 0) return refused_cdb(2);
    return done(answered(standard_page(disk, who), in.u16(3)));
  }
  auto page = vital_page(in.u8(2), who, volume);
  if (!page) return refused_cdb(2);
  return done(answered(std::move(*page), in.u16(3)));
}

decision absent_inquiry(const cdb& command, const device_identity& who) {
  const field_reader in(command);
  if (in.bit(1, 0)) return refused(illegal(code::no_such_unit));
  if (in.u8(2) != 0) return refused_cdb(2);
  return done(answered(standard_page(nothing_there, who), in.u16(3)));
}

decision report_luns(const cdb& command) {
  const field_reader in(command);
  const auto select = in.u8(2);
  if (select > 2) return refused_cdb(2);
  constexpr std::uint8_t well_known_only = 1;  // there are none
  bytes out;
  if (select == well_known_only)
    field_writer(out).zero(8);
  else
    field_writer(out).u32(8).zero(4).u64(0);
  return done(answered(std::move(out), in.u32(6)));
}

}  // namespace cairn::scsi

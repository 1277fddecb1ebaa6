#include "iscsi/scsi/sense.h"

#include "base/big_endian.h"

namespace cairn::scsi {
namespace {

// Sense key specific, of an illegal request: SKSV, C/D, the byte that is wrong.
void write_pointer(field_writer& out, const sense& s) {
  if (!s.wrong_byte) {
    out.zero(3);
    return;
  }
  out.u8(s.in_parameters ? 0x80 : 0xc0).u16(*s.wrong_byte);
}

}  // namespace

bytes encode(const sense& s) {
  bytes out;
  field_writer w(out);
  w.u8(s.information ? 0xf0 : 0x70).u8(0).u8(static_cast<std::uint8_t>(s.key));
  w.u32(s.information.value_or(0)).u8(10).u32(0).u16(s.code).u8(0);
  write_pointer(w, s);
  return out;
}

bytes encode_descriptors(const sense& s) {
  bytes list;
  field_writer d(list);
  if (s.information) d.u8(0x00).u8(10).u8(0x80).u8(0).u64(*s.information);
  if (s.wrong_byte) {
    d.u8(0x02).u8(6).u16(0);
    write_pointer(d, s);
    d.u8(0);
  }
  bytes out;
  field_writer w(out);
  w.u8(0x72)
      .u8(static_cast<std::uint8_t>(s.key))
      .u16(s.code)
      .zero(3)
      .u8(static_cast<std::uint8_t>(list.size()));
  w.raw(list);
  return out;
}

sense illegal(std::uint16_t code) {
  sense s;
  s.key = sense_key::illegal_request;
  s.code = code;
  return s;
}

sense wrong_in_cdb(std::uint16_t byte) {
  sense s = illegal(code::invalid_field);
  s.wrong_byte = byte;
  return s;
}

sense wrong_in_parameters(std::uint16_t byte) {
  sense s = illegal(code::invalid_parameter);
  s.wrong_byte = byte;
  s.in_parameters = true;
  return s;
}

answer failed(const sense& why) {
  answer a;
  a.status = status::check_condition;
  a.sense = why;
  return a;
}

answer conflict() {
  answer a;
  a.status = status::reservation_conflict;
  return a;
}

answer answered(bytes data, std::uint64_t allocation) {
  if (data.size() > allocation) data.resize(allocation);
  answer a;
  a.data_in = std::move(data);
  return a;
}

decision done(answer a) {
  decision d;
  d.done = std::move(a);
  return d;
}

}  // namespace cairn::scsi

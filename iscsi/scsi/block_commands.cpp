#include "iscsi/scsi/block_commands.h"

#include "base/big_endian.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {
namespace {

decision to_do(work w, std::uint64_t data_out = 0) {
  decision d;
  if (w.kind == work_kind::read) d.data_in = w.range.length;
  d.to_do = std::move(w);
  d.data_out = data_out;
  return d;
}

work work_on(work_kind kind, const block_span& span, const geometry& volume) {
  work w;
  w.kind = kind;
  w.range = span.range(volume);
  w.block_bytes = volume.block_bytes;
  return w;
}

// FUA, or FUA_NV: there is no cache that survives a loss of power, but the medium does.
bool forced(const cdb& command) {
  const field_reader in(command);
  constexpr unsigned fua = 3, fua_nv = 1;
  return cdb_bytes(in.u8(0)) > 6 && (in.bit(1, fua) || in.bit(1, fua_nv));
}

// BYTCHK 00: the medium is only read; 01: compared with data. The others are not supported.
enum class byte_check : std::uint8_t { medium = 0, data = 1 };
std::optional<byte_check> check_of(const cdb& command) {
  const auto value = field_reader(command).u8(1) >> 1 & 0x03;
  if (value > 1) return std::nullopt;
  return static_cast<byte_check>(value);
}

decision read_or_write(work_kind kind, const cdb& command, const block_span& span,
                       const geometry& volume) {
  work w = work_on(kind, span, volume);
  w.fua = forced(command);
  const auto length = w.range.length;
  return to_do(std::move(w), kind == work_kind::read ? 0 : length);
}

decision compare_and_write(const cdb& command, const block_span& span, const geometry& volume) {
  decision d = read_or_write(work_kind::compare_and_write, command, span, volume);
  d.data_out *= 2;
  d.exact_data_out = true;
  return d;
}

decision verify(byte_check how, const block_span& span, const geometry& volume) {
  if (how == byte_check::medium) return to_do(work_on(work_kind::check, span, volume));
  work w = work_on(work_kind::compare, span, volume);
  const auto length = w.range.length;
  return to_do(std::move(w), length);
}

decision write_and_verify(byte_check how, const block_span& span, const geometry& volume) {
  const bool compare = how == byte_check::data;
  work w =
      work_on(compare ? work_kind::write_and_compare : work_kind::write_and_check, span, volume);
  w.fua = true;  // what is verified is what the medium has
  const auto length = w.range.length;
  return to_do(std::move(w), length);
}

// Zero blocks mean all to the end, here.
decision to_the_end(operation what, block_span span, const geometry& volume) {
  if (span.count == 0) span.count = volume.blocks() - span.lba;
  const bool flush = what == operation::synchronize_cache;
  work w = work_on(flush ? work_kind::flush : work_kind::prefetch, span, volume);
  if (!flush) w.range.length = std::min(w.range.length, transfer_bytes_max);
  if (w.range.empty() && !flush) return good();
  return to_do(std::move(w));
}

// Where the transfer length stands, for a sense that points there.
std::uint16_t count_at(const cdb& command) {
  switch (cdb_bytes(field_reader(command).u8(0))) {
    case 6:
      return 4;
    case 10:
      return 7;
    case 12:
      return 6;
    default:
      return 10;
  }
}

decision transfer(const command_form& form, const cdb& command, const block_span& span,
                  const geometry& volume) {
  const auto check = check_of(command);
  const bool checks = form.what == operation::verify || form.what == operation::write_and_verify;
  if (checks && !check) return refused_cdb(1);
  if (span.count == 0) {
    decision d = good();
    d.exact_data_out = form.what == operation::compare_and_write;
    return d;
  }
  if (span.count > transfer_bytes_max / volume.block_bytes) return refused_cdb(count_at(command));
  switch (form.what) {
    case operation::read:
      return read_or_write(work_kind::read, command, span, volume);
    case operation::write:
      return read_or_write(work_kind::write, command, span, volume);
    case operation::or_write:
      return read_or_write(work_kind::or_write, command, span, volume);
    case operation::compare_and_write:
      return compare_and_write(command, span, volume);
    case operation::verify:
      return verify(*check, span, volume);
    default:
      return write_and_verify(*check, span, volume);
  }
}

}  // namespace

block_span span_of(const cdb& command) {
  const field_reader in(command);
  constexpr std::uint8_t compare_and_write_opcode = 0x89;
  if (in.u8(0) == compare_and_write_opcode) return {in.u64(2), in.u8(13)};
  switch (cdb_bytes(in.u8(0))) {
    case 6:
      return {in.u24(1) & 0x1fffff, in.u8(4) == 0 ? 256U : in.u8(4)};
    case 10:
      return {in.u32(2), in.u16(7)};
    case 12:
      return {in.u32(2), in.u32(6)};
    default:
      return {in.u64(2), in.u32(10)};
  }
}

decision block_command(const command_form& form, const cdb& command, const geometry& volume) {
  const block_span span = span_of(command);
  if (!span.within(volume)) return refused(illegal(code::lba_out_of_range));
  if (form.what == operation::prefetch || form.what == operation::synchronize_cache)
    return to_the_end(form.what, span, volume);
  return transfer(form, command, span, volume);
}

}  // namespace cairn::scsi

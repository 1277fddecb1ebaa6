#include "gateway/nbd/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace cairn {

std::string describe(const exported_volume& volume) {
  return fmt::format("group {}, member {}, {}", volume.of->group, volume.of->name,
                     volume.facts().writable ? "writable" : "read-only");
}

std::string connection::description() const { return describe(volume_); }

result<void> connection::check(const char* what, byte_range range) const {
  if (range.offset % sector_bytes == 0 && range.length % sector_bytes == 0) return {};
  return fail(EINVAL, fmt::format("{} of {} bytes at {}: offset and length must be multiples of {}",
                                  what, range.length, range.offset, sector_bytes));
}

result<void> connection::read(byte_span out, std::uint64_t offset) {
  CAIRN_TRY(check("read", {offset, out.size()}));
  return volume_.owner->read(volume_.index, out, offset);
}

result<void> connection::write(byte_view data, std::uint64_t offset, bool fua) {
  CAIRN_TRY(check("write", {offset, data.size()}));
  return volume_.owner->write_and_wait(volume_.index, data, offset, fua);
}

result<void> connection::clear(record_kind kind, byte_range range, bool fua) {
  CAIRN_TRY(check(name_of(kind), range));
  return volume_.owner->clear_and_wait(volume_.index, kind, range, fua);
}

result<void> connection::flush() { return volume_.owner->flush(volume_.index); }

result<std::vector<extent>> connection::extents(byte_range range) {
  const auto from = range.offset / sector_bytes * sector_bytes;
  const auto upto = align_up(range.end(), sector_bytes);  // within the size, a multiple itself
  const byte_range front{from, std::min(upto - from, extents_bytes_max)};
  return volume_.owner->extents(volume_.index, front, extents_max);
}

}  // namespace cairn

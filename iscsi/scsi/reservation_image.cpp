// How persistent reservations are stored:
//
//   "CRES"  version:1=2  kept:1  count:2  registration*count  type:1  holder if type != 0
//   crc32c:4 of all before it
//   registration = key:8  port
//   holder = port
//   port = length:2  name:length                     of the initiator
//
// Big-endian. Another version is refused: forgetting a reservation would let a second host write.
#include <cerrno>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "base/format_version.h"
#include "iscsi/scsi/reservations.h"

namespace cairn::scsi {
namespace {

constexpr std::uint32_t magic = 0x43524553;
constexpr std::uint8_t version = 2;
constexpr std::size_t checksum_bytes = 4, name_bytes_max = 1024;

void write(field_writer& w, const std::string& port) {
  w.u16(port.size()).raw(std::as_bytes(std::span(port)));
}

// Reads fields one after the other.
class cursor {
 public:
  explicit cursor(byte_view in) : in_(in) {}
  std::uint64_t number(std::size_t width) {
    at_ += width;
    return in_.number(at_ - width, width);
  }
  std::string port() {
    const auto length = std::min<std::size_t>(number(2), name_bytes_max);
    const auto view = in_.view(at_, length);
    at_ += length;
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }
  bool ended() const { return !in_.fell_short() && at_ == in_.size(); }

 private:
  field_reader in_;
  std::size_t at_ = 0;
};

}  // namespace

bytes reservations::image() const {
  bytes out;
  field_writer w(out);
  w.u32(magic).u8(version).u8(kept_).u16(registered_.size());
  for (const registration& r : registered_) write(w.u64(r.key), r.port);
  w.u8(held_ ? static_cast<std::uint8_t>(held_->type) : 0);
  if (held_) write(w, held_->holder);
  w.u32(crc32c(out));
  return out;
}

result<reservations> reservations::from_image(byte_view image) {
  reservations out;
  if (image.empty()) return out;
  const auto broken =
      fail(EBADMSG, "its row in reservations.db is damaged; deleting it forgets the reservations");
  if (image.size() < checksum_bytes) return broken;
  const auto body = image.first(image.size() - checksum_bytes);
  if (field_reader(image).u32(body.size()) != crc32c(body)) return broken;
  cursor in(body);
  if (in.number(4) != magic) return broken;
  if (const auto found = in.number(1); found != version)
    return fail_format("its row in reservations.db", found, version);
  out.kept_ = in.number(1) != 0;
  const auto count = in.number(2);
  if (count > registrations_max) return broken;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto key = in.number(8);
    out.registered_.push_back({in.port(), key});
  }
  const auto type = in.number(1);
  if (type != 0) {
    const auto known = reservation_type_of(type);
    if (!known) return broken;
    out.held_ = held{*known, in.port()};
    if (!held_by_all(*known) && !out.find(out.held_->holder)) return broken;
  }
  if (!in.ended()) return broken;
  return out;
}

}  // namespace cairn::scsi

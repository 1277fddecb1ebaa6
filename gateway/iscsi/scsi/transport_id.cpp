#include "gateway/iscsi/scsi/transport_id.h"

#include <algorithm>

#include "base/big_endian.h"

namespace cairn::scsi {
namespace {

constexpr std::uint8_t port_of_iscsi = 0x45;  // format 01b: name and ISID; protocol 5
constexpr std::size_t header_bytes = 4, value_bytes_min = 20, value_bytes_max = 512;

}  // namespace

bytes transport_id(const std::string& initiator_port) {
  const auto name = initiator_port.substr(0, value_bytes_max);
  const auto length = std::max<std::size_t>(align_up(name.size() + 1, 4), value_bytes_min);
  bytes out;
  field_writer w(out);
  w.u8(port_of_iscsi).u8(0).u16(length).raw(std::as_bytes(std::span(name)));
  w.zero(length - name.size());
  return out;
}

std::optional<found_transport_id> read_transport_id(byte_view in) {
  const field_reader r(in);
  const std::size_t length = r.u16(2);
  const auto value = r.view(header_bytes, length);
  if (r.fell_short() || r.u8(0) != port_of_iscsi || length % 4 != 0) return std::nullopt;
  const auto end = std::ranges::find(value, std::byte{0});
  const auto size = static_cast<std::size_t>(end - value.begin());
  const std::string name(reinterpret_cast<const char*>(value.data()), size);
  const bool plausible =
      end != value.end() && size <= value_bytes_max && name.find(",i,0x") != std::string::npos;
  if (!plausible) return std::nullopt;
  return found_transport_id{name, header_bytes + length};
}

}  // namespace cairn::scsi

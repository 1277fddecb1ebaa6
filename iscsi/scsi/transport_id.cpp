#include "iscsi/scsi/transport_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/big_endian.h"
#include "base/iscsi_name.h"

namespace cairn::scsi {
namespace {

constexpr std::uint8_t port_of_iscsi = 0x45;  // format 01b: name and ISID; protocol 5
constexpr std::size_t header_bytes = 4, value_bytes_min = 20, value_bytes_max = 512;
constexpr std::string_view separator = ",i,0x";

// As a login makes it of the name and the ISID, so that one port has one name.
std::optional<std::string> port_name(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto comma = text.find(separator);
  if (comma == std::string::npos) return std::nullopt;
  const auto name = iscsi_name(text.substr(0, comma));
  const char* from = text.data() + comma + separator.size();
  const char* end = text.data() + text.size();
  std::uint64_t isid = 0;
  const auto [rest, failed] = std::from_chars(from, end, isid, 16);
  if (!name || failed != std::errc{} || rest != end || isid >> 48 != 0) return std::nullopt;
  return fmt::format("{}{}{:012x}", *name, separator, isid);
}

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
  if (end == value.end() || size > value_bytes_max) return std::nullopt;
  auto name = port_name({reinterpret_cast<const char*>(value.data()), size});
  if (!name) return std::nullopt;
  return found_transport_id{*std::move(name), header_bytes + length};
}

}  // namespace cairn::scsi

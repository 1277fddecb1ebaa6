// The prefix of frames; the heads are in wire_link.cpp and wire_control.cpp.
#include "replication/wire.h"

#include <cerrno>

#include "base/crc32c.h"
#include "replication/wire_fields.h"

namespace cairn {
namespace {

constexpr std::uint32_t frame_magic = 0x316e7243;  // "Crn1" as it lies in the frame
constexpr std::size_t magic_at = 0;
constexpr std::size_t head_length_at = 4;
constexpr std::size_t body_length_at = 8;
constexpr std::size_t checksum_at = 12;

std::uint32_t checksum_of(byte_view prefix, byte_view head) {
  return crc32c(head, crc32c(prefix.first(checksum_at)));
}

}  // namespace

result<frame_sizes> decode_prefix(byte_view prefix) {
  if (prefix.size() != frame_prefix_bytes) return fail(EPROTO, "frame: the prefix is cut short");
  if (load_le<std::uint32_t>(prefix, magic_at) != frame_magic)
    return fail(EPROTO, "frame: does not begin with Cairn's magic");
  frame_sizes sizes;
  sizes.head = load_le<std::uint32_t>(prefix, head_length_at);
  sizes.body = load_le<std::uint32_t>(prefix, body_length_at);
  if (sizes.head > frame_head_max)
    return fail(EPROTO, "frame: announces a head of " + std::to_string(sizes.head) +
                            " bytes, more than " + std::to_string(frame_head_max));
  if (sizes.body > stretch_bytes_max)
    return fail(EPROTO, "frame: announces a body of " + std::to_string(sizes.body) +
                            " bytes, more than " + std::to_string(stretch_bytes_max));
  return sizes;
}

result<void> check_frame(byte_view prefix, byte_view head, byte_view body) {
  const auto sizes = decode_prefix(prefix);
  if (!sizes) return fail(sizes.error());
  if (sizes->head != head.size() || sizes->body != body.size())
    return fail(EPROTO, "frame: is cut short");
  if (load_le<std::uint32_t>(prefix, checksum_at) != checksum_of(prefix, head))
    return fail(EPROTO, "frame: the checksum of its head does not match");
  return {};
}

bytes make_frame(const std::string& head, std::size_t body_bytes) {
  const byte_view head_view = std::as_bytes(std::span(head));
  bytes frame(frame_prefix_bytes + head.size());
  const byte_span out(frame);
  store_le(out, magic_at, frame_magic);
  store_le(out, head_length_at, static_cast<std::uint32_t>(head.size()));
  store_le(out, body_length_at, static_cast<std::uint32_t>(body_bytes));
  store_le(out, checksum_at, checksum_of(out.first(frame_prefix_bytes), head_view));
  std::ranges::copy(head_view, out.begin() + frame_prefix_bytes);
  return frame;
}

}  // namespace cairn

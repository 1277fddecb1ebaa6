// Frames of link and control connections (docs/wire.md): a fixed prefix, a protobuf head
// (replication/wire.proto), and for a stretch the raw records behind it.
//
// Everything that comes from outside passes here first. No I/O: bytes in, values out.
#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "replication/control_messages.h"
#include "replication/link_messages.h"

namespace cairn {

inline constexpr std::size_t frame_prefix_bytes = 16;
inline constexpr std::size_t frame_head_max = 4U << 20;  // a REPORT with many markers

// Sizes announced by a prefix; checked against the bounds.
struct frame_sizes {
  std::size_t head = 0;
  std::size_t body = 0;  // of a stretch; 0 in all others
};

// Reads exactly frame_prefix_bytes. EPROTO names what is wrong (magic, length, checksum).
result<frame_sizes> decode_prefix(byte_view prefix);

bytes encode(const link_message& m);
// A stretch without its records: these follow as they are.
bytes encode_head(const stretch& m);
bytes encode(const control_message& m);

// `head` and `body` as announced by `prefix`; EPROTO where the head's checksum, an enum, a count or
// a name's length is out of bounds.
// A stretch takes `body` as its records.
result<link_message> decode_link(byte_view prefix, byte_view head, raw_bytes&& body);
inline result<link_message> decode_link(byte_view prefix, byte_view head, byte_view body) {
  return decode_link(prefix, head, raw_bytes(body.begin(), body.end()));
}
result<control_message> decode_control(byte_view prefix, byte_view head);

}  // namespace cairn

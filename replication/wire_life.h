// Frames of life_messages.h. As replication/wire.h, whose decode_link and decode_control refuse
// them as unknown.
#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "replication/life_messages.h"

namespace cairn {

inline constexpr std::size_t wire_runs_max = 65536;
inline constexpr std::size_t wire_digests_max = 16384;  // of 64 MiB

bytes encode_life(const link_life_message& m);
bytes encode_life(const control_life_message& m);
// EPROTO with a sentence: see decode_link.
result<link_life_message> decode_link_life(byte_view prefix, byte_view head);
result<control_life_message> decode_control_life(byte_view prefix, byte_view head);

}  // namespace cairn

#include "journal/segment.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"

namespace cairn {
namespace {

constexpr char magic[] = "CAIRNSEG";
constexpr std::uint32_t version = 1;
constexpr std::size_t at_version = 8, at_crc = 12, at_journal = 16, at_number = 32, at_salt = 40,
                      at_bytes = 48, at_incarnation = 56;

}  // namespace

bytes encode_segment_header(const segment_header& head) {
  bytes block(segment_header_bytes);
  std::memcpy(block.data(), magic, 8);
  store_le(block, at_version, version);
  std::copy(head.journal.octets.begin(), head.journal.octets.end(), block.begin() + at_journal);
  store_le(block, at_number, head.number);
  store_le(block, at_salt, head.salt);
  store_le(block, at_bytes, head.bytes);
  store_le(block, at_incarnation, head.made_in.value);
  store_le(block, at_crc, crc32c(block));
  return block;
}

std::optional<segment_header> decode_segment_header(byte_view in) {
  if (in.size() < segment_header_bytes || std::memcmp(in.data(), magic, 8) != 0)
    return std::nullopt;
  bytes block(in.begin(), in.begin() + segment_header_bytes);
  store_le(block, at_crc, std::uint32_t{0});
  if (crc32c(block) != load_le<std::uint32_t>(in, at_crc)) return std::nullopt;
  if (load_le<std::uint32_t>(in, at_version) != version) return std::nullopt;
  segment_header head;
  std::copy_n(in.begin() + at_journal, head.journal.octets.size(), head.journal.octets.begin());
  head.number = load_le<std::uint64_t>(in, at_number);
  head.salt = load_le<std::uint64_t>(in, at_salt);
  head.bytes = load_le<std::uint64_t>(in, at_bytes);
  head.made_in = incarnation(load_le<std::uint64_t>(in, at_incarnation));
  if (head.number == 0 || head.salt == 0) return std::nullopt;
  return head;
}

}  // namespace cairn

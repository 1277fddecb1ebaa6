#include "journal/segment.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "base/format_version.h"

namespace cairn {
namespace {

constexpr char magic[] = "CAIRNSEG";
constexpr std::size_t at_version = 8, at_crc = 12, at_journal = 16, at_number = 32, at_salt = 40,
                      at_bytes = 48, at_incarnation = 56;

}  // namespace

bytes encode_segment_header(const segment_header& head) {
  bytes block(segment_header_bytes);
  std::memcpy(block.data(), magic, 8);
  store_le(block, at_version, segment_format_newest);
  std::copy(head.journal.octets.begin(), head.journal.octets.end(), block.begin() + at_journal);
  store_le(block, at_number, head.number);
  store_le(block, at_salt, head.salt);
  store_le(block, at_bytes, head.bytes);
  store_le(block, at_incarnation, head.made_in.value);
  store_le(block, at_crc, crc32c(block));
  return block;
}

std::optional<std::uint32_t> segment_format(byte_view in) {
  if (in.size() < segment_header_bytes || std::memcmp(in.data(), magic, 8) != 0)
    return std::nullopt;
  bytes block(in.begin(), in.begin() + segment_header_bytes);
  store_le(block, at_crc, std::uint32_t{0});
  if (crc32c(block) != load_le<std::uint32_t>(in, at_crc)) return std::nullopt;
  return load_le<std::uint32_t>(in, at_version);
}

std::optional<segment_header> decode_segment_header(byte_view in) {
  if (segment_format(in) != segment_format_newest) return std::nullopt;
  segment_header head;
  std::copy_n(in.begin() + at_journal, head.journal.octets.size(), head.journal.octets.begin());
  head.number = load_le<std::uint64_t>(in, at_number);
  head.salt = load_le<std::uint64_t>(in, at_salt);
  head.bytes = load_le<std::uint64_t>(in, at_bytes);
  head.made_in = incarnation(load_le<std::uint64_t>(in, at_incarnation));
  if (head.number == 0 || head.salt == 0) return std::nullopt;
  return head;
}

result<void> check_segment_formats(disk& on, const std::string& journal) {
  const auto names = on.list(journal + "/segments");
  if (!names) return fail(names.error());
  bytes block(segment_header_bytes);
  for (const auto& name : *names) {
    if (!name.ends_with(".seg")) continue;
    const auto store = on.open(journal + "/segments/" + name, open_mode::read_only);
    if (!store) return fail(store.error());
    if ((*store)->size().value_or(0) < block.size()) continue;
    CAIRN_TRY((*store)->read(block, 0));
    const auto format = segment_format(block).value_or(segment_format_newest);
    if (format != segment_format_newest)
      return fail_format("journal " + journal + ", segments/" + name, format,
                         segment_format_newest);
  }
  return {};
}

}  // namespace cairn

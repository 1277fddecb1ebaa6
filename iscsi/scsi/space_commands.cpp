#include "iscsi/scsi/space_commands.h"

#include <algorithm>

#include "base/big_endian.h"
#include "iscsi/scsi/block_commands.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {
namespace {

constexpr std::size_t unmap_header_bytes = 8, unmap_descriptor_bytes = 16;

std::uint64_t unmap_list_bytes(const cdb& command) { return field_reader(command).u16(7); }

decision unmap_work(std::vector<byte_range> ranges, const geometry& volume) {
  if (ranges.empty()) return good();
  decision d;
  d.to_do.emplace();
  d.to_do->kind = work_kind::unmap;
  d.to_do->ranges = std::move(ranges);
  d.to_do->block_bytes = volume.block_bytes;
  return d;
}

// The descriptors of UNMAP, without those that are empty.
decision unmap_descriptors(byte_view list, const geometry& volume) {
  const field_reader in(list);
  const auto count = list.size() / unmap_descriptor_bytes;  // an incomplete one does not count
  if (count > unmap_descriptors_max) return refused(wrong_in_parameters(2));
  std::vector<byte_range> ranges;
  std::uint64_t blocks = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = i * unmap_descriptor_bytes;
    const block_span span{in.u64(at), in.u32(at + 8)};
    if (!span.within(volume)) return refused(illegal(code::lba_out_of_range));
    blocks += span.count;
    if (blocks > unmap_blocks_max)
      return refused(wrong_in_parameters(static_cast<std::uint16_t>(unmap_header_bytes + at + 8)));
    if (span.count > 0) ranges.push_back(span.range(volume));
  }
  return unmap_work(std::move(ranges), volume);
}

struct same_flags {
  bool unmap = false;
  bool no_data = false;
  explicit same_flags(const cdb& command) {
    const field_reader in(command);
    constexpr std::uint8_t write_same_16 = 0x93;
    unmap = in.bit(1, 3);
    no_data = in.u8(0) == write_same_16 && in.bit(1, 0);
  }
};

// Zero blocks mean all to the end.
block_span same_span(const cdb& command, const geometry& volume) {
  block_span span = span_of(command);
  if (span.count == 0 && span.lba < volume.blocks()) span.count = volume.blocks() - span.lba;
  return span;
}

decision same_work(const cdb& command, bool zeroes, const geometry& volume) {
  const byte_range range = same_span(command, volume).range(volume);
  if (zeroes && same_flags(command).unmap) return unmap_work({range}, volume);
  decision d;
  d.to_do.emplace();
  d.to_do->kind = zeroes ? work_kind::zero : work_kind::write_same;
  d.to_do->range = range;
  d.to_do->block_bytes = volume.block_bytes;
  if (!zeroes) d.data_out = volume.block_bytes;
  return d;
}

}  // namespace

decision begin_unmap(const cdb& command) {
  const auto length = unmap_list_bytes(command);
  if (length == 0) return good();
  if (length < unmap_header_bytes) return refused(illegal(code::list_length));
  decision d;
  d.data_out = length;
  return d;
}

decision unmap(const cdb& command, byte_view list, const geometry& volume) {
  const auto length = unmap_list_bytes(command);
  if (list.size() < length || length < unmap_header_bytes)
    return refused(illegal(code::list_length));
  const field_reader in(list.first(length));
  const auto descriptors = in.u16(2);
  if (descriptors > length - unmap_header_bytes) return refused(wrong_in_parameters(2));
  return unmap_descriptors(list.subspan(unmap_header_bytes, descriptors), volume);
}

decision begin_write_same(const cdb& command, const geometry& volume) {
  const block_span span = same_span(command, volume);
  if (!span.within(volume) || span.count == 0) return refused(illegal(code::lba_out_of_range));
  const bool ten = cdb_bytes(field_reader(command).u8(0)) == 10;
  if (span.count > write_same_blocks_max) return refused_cdb(ten ? 7 : 10);
  if (same_flags(command).no_data) return same_work(command, true, volume);
  decision d;
  d.data_out = volume.block_bytes;
  d.exact_data_out = true;
  return d;
}

decision write_same(const cdb& command, byte_view block, const geometry& volume) {
  // The volume's size may have changed since begin_write_same; it never shrinks, but look again.
  if (!same_span(command, volume).within(volume)) return refused(illegal(code::lba_out_of_range));
  if (block.size() != volume.block_bytes) return refused(illegal(code::invalid_field));
  const bool zeroes = std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; });
  return same_work(command, zeroes, volume);
}

decision begin_lba_status(const cdb& command, const geometry& volume) {
  const field_reader in(command);
  const auto lba = in.u64(2);
  const auto allocation = in.u32(10);
  if (lba >= volume.blocks()) return refused(illegal(code::lba_out_of_range));
  constexpr std::uint64_t header_bytes = 8, descriptor_bytes = 16;
  const auto room = allocation > header_bytes ? (allocation - header_bytes) / descriptor_bytes : 0;
  decision d;
  d.to_do.emplace();
  d.to_do->kind = work_kind::lba_status;
  d.to_do->range = block_span{lba, volume.blocks() - lba}.range(volume);
  d.to_do->block_bytes = volume.block_bytes;
  d.to_do->extents_max =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 1, status_extents_max));
  return d;
}

namespace {

struct told_blocks {
  std::uint64_t begin = 0, end = 0;
  bool mapped = true;
};

// Extents that need not end at blocks, as blocks from `first` on: data is rounded outwards and
// holes inwards, so that no block with data in it is told as deallocated.
std::vector<told_blocks> in_blocks(const std::vector<mapped_extent>& extents, std::uint64_t first,
                                   std::uint32_t block_bytes) {
  std::vector<told_blocks> out;
  const auto next = [&] { return out.empty() ? first : out.back().end; };
  const auto add = [&](std::uint64_t end, bool mapped) {
    if (end <= next()) return;
    if (!out.empty() && out.back().mapped == mapped)
      out.back().end = end;
    else
      out.push_back({next(), end, mapped});
  };
  for (const mapped_extent& e : extents) {
    const auto begin = align_up(e.range.offset, block_bytes) / block_bytes;
    const auto end = e.range.end() / block_bytes;
    if (e.mapped) {
      add(align_up(e.range.end(), block_bytes) / block_bytes, true);
    } else if (end > begin) {
      add(begin, true);  // the block that the hole begins within
      add(end, false);
    }
  }
  // A hole smaller than a block was all that was found.
  if (out.empty() && !extents.empty()) add(first + 1, true);
  return out;
}

}  // namespace

answer lba_status(const cdb& command, const work_outcome& outcome, const geometry& volume) {
  enum : std::uint8_t { mapped = 0, deallocated = 1 };
  const field_reader in(command);
  bytes list;
  field_writer w(list);
  // The first descriptor begins at the block that was asked for.
  for (const told_blocks& b : in_blocks(outcome.extents, in.u64(2), volume.block_bytes)) {
    const auto count = std::min<std::uint64_t>(b.end - b.begin, 0xffffffff);
    w.u64(b.begin).u32(count).u8(b.mapped ? mapped : deallocated).zero(3);
    if (count < b.end - b.begin) break;
  }
  bytes out;
  field_writer(out).u32(list.size() + 4).zero(4).raw(list);
  return answered(std::move(out), in.u32(10));
}

}  // namespace cairn::scsi

// Link messages of life_messages.h to and from heads.
#include "replication/wire_life.h"

#include "replication/wire_fields.h"

namespace cairn {
namespace {

// ---- out

void put(const needed_regions& m, wire::link_head& head) {
  wire::needed_regions& out = *head.mutable_needed_regions();
  out.set_volume(m.volume);
  for (const region_run& run : m.runs) {
    out.add_runs(run.first);
    out.add_runs(run.count);
  }
  out.set_more(m.more);
}

void put_range(byte_range range, wire::volume_range* out) {
  out->set_offset(range.offset);
  out->set_length(range.length);
}

void put(const digests_wanted& m, wire::link_head& head) {
  wire::digests_wanted& out = *head.mutable_digests_wanted();
  out.set_resync(id_or_nothing(m.resync));
  put_marker(m.marker, out.mutable_marker());
  out.set_volume(m.volume);
  put_range(m.range, out.mutable_range());
}

void put(const digests& m, wire::link_head& head) {
  wire::digests& out = *head.mutable_digests();
  out.set_volume(m.volume);
  put_range(m.range, out.mutable_range());
  out.set_as_of(m.as_of.value);
  std::string all;
  for (const digest& one : m.all) all += digest_field(one);
  out.set_all(std::move(all));
}

void put(const switchover_demand& m, wire::link_head& head) {
  head.mutable_switchover_demand()->set_id(id_field(m.id));
}

void put(const switchover_answer& m, wire::link_head& head) {
  head.mutable_switchover_answer()->set_id(id_field(m.id));
  head.mutable_switchover_answer()->set_refused(sentence_field(m.refused));
}

void put(const switchover_abort& m, wire::link_head& head) {
  head.mutable_switchover_abort()->set_id(id_field(m.id));
  head.mutable_switchover_abort()->set_fences(m.fences);
}

// ---- in

std::uint32_t take_volume(field_reader& read, std::uint32_t raw) {
  if (raw < 1 || raw > wire_volumes_max) read.refuse("volume", "is out of bounds");
  return raw;
}

byte_range take_range(field_reader& read, const wire::volume_range& in) {
  const byte_range range{read.amount(in.offset(), "offset"), read.amount(in.length(), "length")};
  if (range.offset % digest_block_bytes != 0 || range.length % digest_block_bytes != 0)
    read.refuse("range", "is not of whole blocks");
  if (range.empty() || range.length > wire_digests_max * digest_block_bytes)
    read.refuse("range", "is empty or longer than 64 MiB");
  if (!range.within(wire_number_max)) read.refuse("range", "ends beyond 2^63");
  return range;
}

result<link_life_message> take(const wire::needed_regions& in) {
  constexpr std::uint64_t regions_max = wire_number_max / region_bytes;
  field_reader read("needed regions");
  needed_regions m;
  m.volume = take_volume(read, in.volume());
  m.more = in.more();
  if (in.runs_size() % 2 != 0) read.refuse("runs", "are not pairs");
  if (!read.count(in.runs_size(), static_cast<int>(2 * wire_runs_max), "runs"))
    return read.done<link_life_message>(std::move(m));
  std::uint64_t least = 0;  // where the next run may begin
  for (int i = 0; i + 1 < in.runs_size(); i += 2) {
    const region_run run{read.amount(in.runs(i), "run"), read.amount(in.runs(i + 1), "run")};
    if (run.first < least || run.count == 0 || run.count > regions_max ||
        run.first > regions_max - run.count) {
      read.refuse("runs", "do not ascend within a volume");
      break;
    }
    least = run.first + run.count + 1;
    m.runs.push_back(run);
  }
  return read.done<link_life_message>(std::move(m));
}

result<link_life_message> take(const wire::digests_wanted& in) {
  field_reader read("question for digests");
  digests_wanted m;
  m.resync = read.id_or_nil(in.resync(), "resync");
  m.marker = read.marker(in.marker(), "marker");
  m.volume = take_volume(read, in.volume());
  m.range = take_range(read, in.range());
  if (m.resync.is_nil() != bool(m.marker))
    read.refuse("resync", "and marker are not one of the two");
  return read.done<link_life_message>(m);
}

result<link_life_message> take(const wire::digests& in) {
  field_reader read("digests");
  digests m;
  m.volume = take_volume(read, in.volume());
  m.range = take_range(read, in.range());
  m.as_of = read.numbered<sequence>(in.as_of(), "as_of");
  constexpr std::size_t each = sizeof(digest);
  if (!in.all().empty() && in.all().size() != m.range.length / digest_block_bytes * each)
    read.refuse("all", "is not one for each block");
  else
    for (std::size_t at = 0; at < in.all().size(); at += each)
      m.all.push_back(read.id(in.all().substr(at, each), "digest").octets);
  return read.done<link_life_message>(std::move(m));
}

result<link_life_message> take(const wire::switchover_demand& in) {
  field_reader read("demand of a switchover");
  const switchover_demand m{read.id(in.id(), "id")};
  return read.done<link_life_message>(m);
}

result<link_life_message> take(const wire::switchover_answer& in) {
  field_reader read("answer to a switchover");
  const switchover_answer m{read.id(in.id(), "id"), read.sentence(in.refused(), "refused")};
  return read.done<link_life_message>(m);
}

result<link_life_message> take(const wire::switchover_abort& in) {
  field_reader read("end of a switchover");
  const switchover_abort m{read.id(in.id(), "id"), in.fences()};
  return read.done<link_life_message>(m);
}

}  // namespace

bytes encode_life(const link_life_message& m) {
  wire::link_head head;
  std::visit([&](const auto& one) { put(one, head); }, m);
  return make_frame(head.SerializeAsString(), 0);
}

result<link_life_message> decode_link_life(byte_view prefix, byte_view head) {
  CAIRN_TRY(check_frame(prefix, head, {}));
  wire::link_head parsed;
  if (!parsed.ParseFromArray(head.data(), static_cast<int>(head.size())))
    return fail(EPROTO, "frame: its head is not a link message");
  if (parsed.has_needed_regions()) return take(parsed.needed_regions());
  if (parsed.has_digests_wanted()) return take(parsed.digests_wanted());
  if (parsed.has_digests()) return take(parsed.digests());
  if (parsed.has_switchover_demand()) return take(parsed.switchover_demand());
  if (parsed.has_switchover_answer()) return take(parsed.switchover_answer());
  if (parsed.has_switchover_abort()) return take(parsed.switchover_abort());
  return fail(EPROTO, "frame: holds no message of a resync or a switchover");
}

}  // namespace cairn

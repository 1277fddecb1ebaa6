// Link messages to and from heads.
#include "replication/wire.h"
#include "replication/wire_fields.h"

namespace cairn {
namespace {

constexpr auto refusal_code_last = static_cast<std::uint32_t>(refusal_code::blocked);

// ---- out

void put_lineages(const lineage_history& all,
                  google::protobuf::RepeatedPtrField<wire::lineage_line>* out) {
  for (const lineage& one : all) {
    wire::lineage_line& line = *out->Add();
    line.set_id(id_field(one.id));
    line.set_parent(id_field(one.parent));
    line.set_fork(one.fork.value);
  }
}

void put_offer(const volume_offer& v, wire::offer_line& out) {
  out.set_index(v.index);
  out.set_id(id_field(v.id));
  out.set_name(v.name);
  out.set_size_bytes(v.size_bytes);
  out.set_naa(v.naa);
  out.set_serial(v.serial);
  out.set_born_empty(v.born_empty);
  out.set_target(v.target);
  out.set_block_size(v.block_size);
  out.set_chap_user(v.chap_user);
}

void put(const hello& m, wire::link_head& head) {
  wire::hello& out = *head.mutable_hello();
  out.set_version_min(m.version_min);
  out.set_version_max(m.version_max);
  out.set_group(m.group);
  out.set_member(m.member);
  out.set_journal(id_field(m.journal));
  for (const volume_offer& v : m.volumes) put_offer(v, *out.add_volumes());
  put_lineages(m.lineages, out.mutable_lineages());
  for (const incarnation_start& s : m.starts) {
    wire::start_line& line = *out.add_starts();
    line.set_number(s.number.value);
    line.set_in_lineage(id_field(s.in_lineage));
    line.set_kept_to(s.kept_to.value);
    line.set_id(id_or_nothing(s.id));
  }
  out.set_oldest_held(m.oldest_held.value);
  out.set_features(m.features);
  out.set_resync(id_or_nothing(m.resync));
}

void put(const hello_answer& m, wire::link_head& head) {
  wire::hello_answer& out = *head.mutable_hello_answer();
  out.set_version(m.version);
  out.set_last_made_in(m.last_made_in.value);
  out.set_last(m.last.value);
  out.set_stored(m.stored.value);
  out.set_journal(id_or_nothing(m.journal));
  out.set_start(id_or_nothing(m.start));
  put_marker(m.applied, out.mutable_applied());
  out.set_applied_sequence(m.applied_sequence.value);
  if (m.good) {
    put_marker(m.good->marker, out.mutable_good()->mutable_marker());
    out.mutable_good()->set_lineage(id_or_nothing(m.good->lineage));
    out.mutable_good()->set_at(m.good->at.value);
  }
  out.set_features(m.features);
  out.set_resync(id_or_nothing(m.resync));
  if (m.last_seen) out.set_last_seen(digest_field(*m.last_seen));
}

void put(const refusal& m, wire::link_head& head) {
  wire::refusal& out = *head.mutable_refusal();
  out.set_code(static_cast<std::uint32_t>(m.code));
  out.set_reason(sentence_field(m.reason));
  put_lineages(m.lineages, out.mutable_lineages());
}

void put(const stretch& m, wire::link_head& head) {
  wire::stretch& out = *head.mutable_stretch();
  out.set_sender(m.sender.value);
  out.set_first(m.first.value);
  out.set_last(m.last.value);
  for (const auto& [from, to] : m.gaps) {
    out.add_gaps(from.value);
    out.add_gaps(to.value);
  }
  out.set_void_range(m.void_range);
}

void put(const link_progress& m, wire::link_head& head) {
  wire::link_progress& out = *head.mutable_progress();
  out.set_received(m.received.value);
  out.set_stored(m.stored.value);
  put_marker(m.applied, out.mutable_applied());
  out.set_applied_sequence(m.applied_sequence.value);
}

void put(const link_heartbeat& m, wire::link_head& head) {
  head.mutable_heartbeat()->set_finished(m.finished.value);
  head.mutable_heartbeat()->set_durable(m.durable.value);
}

void put(const link_damage& m, wire::link_head& head) {
  head.mutable_damage()->set_at(m.at.value);
  head.mutable_damage()->set_what(sentence_field(m.what));
}

// ---- in

lineage_history take_lineages(field_reader& read,
                              const google::protobuf::RepeatedPtrField<wire::lineage_line>& in) {
  lineage_history out;
  if (!read.count(in.size(), wire_lineages_max, "lineages")) return out;
  for (const wire::lineage_line& line : in)
    out.push_back({read.id(line.id(), "lineage"), read.id(line.parent(), "parent of a lineage"),
                   read.numbered<sequence>(line.fork(), "fork")});
  return out;
}

volume_offer take_offer(field_reader& read, const wire::offer_line& in) {
  volume_offer v;
  v.index = in.index();
  v.id = read.id(in.id(), "volume id");
  v.name = read.name(in.name(), "volume name");
  v.size_bytes = read.amount(in.size_bytes(), "volume size");
  v.naa = read.amount(in.naa(), "volume NAA");
  v.serial = read.sentence(in.serial(), "volume serial");
  v.born_empty = in.born_empty();
  v.target = read.sentence(in.target(), "target of a volume");
  v.block_size = in.block_size();
  v.chap_user = read.sentence(in.chap_user(), "CHAP user of a volume");
  if (v.index < 1 || v.index > wire_volumes_max) read.refuse("volume index", "is out of bounds");
  return v;
}

std::vector<incarnation_start> take_starts(field_reader& read, const wire::hello& in) {
  std::vector<incarnation_start> out;
  if (!read.count(in.starts_size(), wire_starts_max, "starts")) return out;
  for (const wire::start_line& line : in.starts())
    out.push_back({read.numbered<incarnation>(line.number(), "start"),
                   read.id(line.in_lineage(), "lineage of a start"),
                   read.numbered<sequence>(line.kept_to(), "kept_to"),
                   read.id_or_nil(line.id(), "id of a start")});
  return out;
}

result<link_message> take(const wire::hello& in) {
  field_reader read("HELLO");
  hello m;
  m.version_min = in.version_min();
  m.version_max = in.version_max();
  m.group = read.name(in.group(), "group");
  m.member = read.name(in.member(), "member");
  m.journal = read.id(in.journal(), "journal");
  if (read.count(in.volumes_size(), wire_volumes_max, "volumes"))
    for (const wire::offer_line& v : in.volumes()) m.volumes.push_back(take_offer(read, v));
  m.lineages = take_lineages(read, in.lineages());
  m.starts = take_starts(read, in);
  m.oldest_held = read.numbered<sequence>(in.oldest_held(), "oldest_held");
  m.features = read.amount(in.features(), "features");
  m.resync = read.id_or_nil(in.resync(), "resync");
  return read.done<link_message>(std::move(m));
}

good_marker take_good(field_reader& read, const wire::good_marker& in) {
  return {read.marker(in.marker(), "good"), read.id_or_nil(in.lineage(), "lineage of good"),
          read.numbered<sequence>(in.at(), "sequence of good")};
}

result<link_message> take(const wire::hello_answer& in) {
  field_reader read("answer to HELLO");
  hello_answer m;
  m.version = in.version();
  m.last_made_in = read.numbered<incarnation>(in.last_made_in(), "last_made_in");
  m.last = read.numbered<sequence>(in.last(), "last");
  m.stored = read.numbered<sequence>(in.stored(), "stored");
  m.journal = read.id_or_nil(in.journal(), "journal");
  m.start = read.id_or_nil(in.start(), "start");
  m.applied = read.marker(in.applied(), "applied");
  m.applied_sequence = read.numbered<sequence>(in.applied_sequence(), "applied_sequence");
  if (in.has_good()) m.good = take_good(read, in.good());
  m.features = read.amount(in.features(), "features");
  m.resync = read.id_or_nil(in.resync(), "resync");
  m.last_seen = read.digest_or_none(in.last_seen(), "last_seen");
  return read.done<link_message>(m);
}

result<link_message> take(const wire::refusal& in) {
  field_reader read("refusal");
  refusal m;
  m.code = static_cast<refusal_code>(read.choice(in.code(), refusal_code_last, "code"));
  m.reason = read.sentence(in.reason(), "reason");
  m.lineages = take_lineages(read, in.lineages());
  return read.done<link_message>(std::move(m));
}

// Gaps ascend, do not touch and lie in [first, last], so that whoever walks the stretch can rely
// on it; its length is bounded because a gap takes no bytes.
void check_gaps(field_reader& read, const stretch& m) {
  sequence free = m.first;
  for (const auto& [from, to] : m.gaps) {
    if (from < free || to < from || to > m.last)
      return read.refuse("gaps", "do not ascend inside the stretch");
    free = to.next();
  }
}

result<link_message> take(const wire::stretch& in, raw_bytes&& body) {
  field_reader read("stretch");
  stretch m;
  m.sender = read.numbered<incarnation>(in.sender(), "sender");
  m.first = read.numbered<sequence>(in.first(), "first");
  m.last = read.numbered<sequence>(in.last(), "last");
  if (!m.first || m.last < m.first) read.refuse("first", "is not from 1 to last");
  m.void_range = in.void_range();
  if (!m.void_range && m.last.value - m.first.value >= stretch_records_max)
    read.refuse("last", "is too far behind first");
  if (m.void_range && in.gaps_size() != 0) read.refuse("gaps", "are in a void-range");
  if (in.gaps_size() % 2 != 0) read.refuse("gaps", "are not pairs");
  if (read.count(in.gaps_size(), static_cast<int>(2 * stretch_records_max), "gaps"))
    for (int i = 0; i + 1 < in.gaps_size(); i += 2)
      m.gaps.emplace_back(read.numbered<sequence>(in.gaps(i), "gap"),
                          read.numbered<sequence>(in.gaps(i + 1), "gap"));
  check_gaps(read, m);
  m.records = std::move(body);
  return read.done<link_message>(std::move(m));
}

result<link_message> take(const wire::link_progress& in) {
  field_reader read("progress");
  link_progress m;
  m.received = read.numbered<sequence>(in.received(), "received");
  m.stored = read.numbered<sequence>(in.stored(), "stored");
  m.applied = read.marker(in.applied(), "applied");
  m.applied_sequence = read.numbered<sequence>(in.applied_sequence(), "applied_sequence");
  return read.done<link_message>(m);
}

result<link_message> take(const wire::link_heartbeat& in) {
  field_reader read("heartbeat");
  link_heartbeat m;
  m.finished = read.numbered<sequence>(in.finished(), "finished");
  m.durable = read.numbered<sequence>(in.durable(), "durable");
  return read.done<link_message>(m);
}

result<link_message> take(const wire::link_damage& in) {
  field_reader read("damage");
  link_damage m;
  m.at = read.numbered<sequence>(in.at(), "at");
  m.what = read.sentence(in.what(), "what");
  return read.done<link_message>(std::move(m));
}

result<link_message> take(const wire::link_head& head, raw_bytes&& body) {
  if (!body.empty() && !head.has_stretch()) return fail(EPROTO, "frame: a body without a stretch");
  switch (head.message_case()) {
    case wire::link_head::kHello:
      return take(head.hello());
    case wire::link_head::kHelloAnswer:
      return take(head.hello_answer());
    case wire::link_head::kRefusal:
      return take(head.refusal());
    case wire::link_head::kStretch:
      return take(head.stretch(), std::move(body));
    case wire::link_head::kProgress:
      return take(head.progress());
    case wire::link_head::kHeartbeat:
      return take(head.heartbeat());
    case wire::link_head::kDamage:
      return take(head.damage());
    default:  // none, one of a newer version, or one that is for decode_link_life
      break;
  }
  return fail(EPROTO, "frame: holds no link message that this version knows");
}

}  // namespace

bytes encode(const link_message& m) {
  wire::link_head head;
  std::visit([&](const auto& one) { put(one, head); }, m);
  const auto* s = std::get_if<stretch>(&m);
  auto frame = make_frame(head.SerializeAsString(), s ? s->records.size() : 0);
  if (s) frame.insert(frame.end(), s->records.begin(), s->records.end());
  return frame;
}

bytes encode_head(const stretch& m) {
  wire::link_head head;
  put(m, head);
  return make_frame(head.SerializeAsString(), m.records.size());
}

result<link_message> decode_link(byte_view prefix, byte_view head, raw_bytes&& body) {
  CAIRN_TRY(check_frame(prefix, head, body));
  wire::link_head parsed;
  if (!parsed.ParseFromArray(head.data(), static_cast<int>(head.size())))
    return fail(EPROTO, "frame: its head is not a link message");
  return take(parsed, std::move(body));
}

}  // namespace cairn

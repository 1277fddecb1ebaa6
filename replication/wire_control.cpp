// Control messages to and from heads.
#include "replication/wire.h"
#include "replication/wire_fields.h"
#include "replication/wire_status.h"

namespace cairn {
namespace {

constexpr std::uint32_t hold_limit_ms_max = 60'000;

// ---- out

void put(const coordinator_hello& m, wire::control_head& head) {
  wire::coordinator_hello& out = *head.mutable_coordinator_hello();
  out.set_version(m.version);
  out.set_group(m.group);
  out.set_member(m.member);
  out.set_coordinator(m.coordinator);
}

void put(const member_hello& m, wire::control_head& head) {
  wire::member_hello& out = *head.mutable_member_hello();
  out.set_version(m.version);
  out.set_current(m.current.value);
  out.set_marker_epoch(m.marker_epoch.value);
  out.set_marker_last(m.marker_last.value);
  out.set_selection_epoch(m.selection_epoch.value);
  out.set_role(role_field(m.role));
}

void put(const control_refusal& m, wire::control_head& head) {
  wire::control_refusal& out = *head.mutable_refusal();
  out.set_about(sentence_field(m.about));
  out.set_reason(sentence_field(m.reason));
  put_marker(m.marker, out.mutable_marker());
  out.set_highest_epoch(m.highest_epoch.value);
  out.set_highest_marker(m.highest_marker.value);
}

void put(const mark& m, wire::control_head& head) {
  wire::mark& out = *head.mutable_mark();
  put_marker(m.marker, out.mutable_marker());
  for (const std::string& name : m.members) out.add_members(name);
  out.set_hold_limit_ms(m.hold_limit_ms);
}

void put(const inserted& m, wire::control_head& head) {
  put_marker(m.marker, head.mutable_inserted()->mutable_marker());
  head.mutable_inserted()->set_by(m.by.value);
}

void put(const release& m, wire::control_head& head) {
  put_marker(m.marker, head.mutable_release()->mutable_marker());
  head.mutable_release()->set_counted(m.counted.value);
}

void put(const abandon& m, wire::control_head& head) {
  put_marker(m.marker, head.mutable_abandon()->mutable_marker());
}

void put(const outcome& m, wire::control_head& head) {
  wire::outcome& out = *head.mutable_outcome();
  put_marker(m.marker, out.mutable_marker());
  out.set_sealed(m.sealed);
  out.set_held_us(m.held_us);
  out.set_reason(sentence_field(m.reason));
}

void put(const report& m, wire::control_head& head) {
  head.mutable_report()->set_selection_epoch(m.selection_epoch.value);
  head.mutable_report()->set_claim(m.claim);
}

void put_markers(const std::vector<stored_marker>& all, wire::reported& out) {
  // Any subset of what is stored is a truthful answer; the newest are the ones that get chosen.
  const std::size_t skip = all.size() - std::min<std::size_t>(all.size(), wire_markers_max);
  for (std::size_t i = skip; i < all.size(); ++i) {
    wire::stored_marker& line = *out.add_markers();
    put_marker(all[i].marker, line.mutable_marker());
    line.set_members_hash(all[i].members_hash);
    line.set_group_hash(all[i].group_hash);
    line.set_at(all[i].at.value);
  }
}

void put(const reported& m, wire::control_head& head) {
  wire::reported& out = *head.mutable_reported();
  out.set_selection_epoch(m.selection_epoch.value);
  put_marker(m.target, out.mutable_target());
  put_marker(m.applied, out.mutable_applied());
  if (m.promoted) {
    put_marker(m.promoted->at, out.mutable_promoted()->mutable_at());
    out.mutable_promoted()->set_at_sequence(m.promoted->at_sequence.value);
    out.mutable_promoted()->set_opened(id_field(m.promoted->opened));
  }
  put_markers(m.markers, out);
  out.set_stored(m.stored.value);
}

void put(const apply& m, wire::control_head& head) {
  head.mutable_apply()->set_selection_epoch(m.selection_epoch.value);
  put_marker(m.marker, head.mutable_apply()->mutable_marker());
}

void put(const applied& m, wire::control_head& head) {
  head.mutable_applied()->set_selection_epoch(m.selection_epoch.value);
  put_marker(m.marker, head.mutable_applied()->mutable_marker());
}

void put(const promote& m, wire::control_head& head) {
  wire::promote& out = *head.mutable_promote();
  out.set_selection_epoch(m.selection_epoch.value);
  put_marker(m.marker, out.mutable_marker());
  out.set_opened(id_field(m.opened));
}

void put(const promoted& m, wire::control_head& head) {
  wire::promoted& out = *head.mutable_promoted();
  out.set_selection_epoch(m.selection_epoch.value);
  put_marker(m.marker, out.mutable_marker());
  out.set_set_aside_records(m.set_aside_records);
  out.set_set_aside_bytes(m.set_aside_bytes);
}

void put(const status_request&, wire::control_head& head) { head.mutable_status_request(); }

void put(const member_status& m, wire::control_head& head) {
  put_status(m, *head.mutable_member_status());
}

// ---- in

result<control_message> take(const wire::coordinator_hello& in) {
  field_reader read("coordinator's HELLO");
  coordinator_hello m;
  m.version = in.version();
  m.group = read.name(in.group(), "group");
  m.member = read.name(in.member(), "member");
  m.coordinator = read.name(in.coordinator(), "coordinator");
  return read.done<control_message>(std::move(m));
}

result<control_message> take(const wire::member_hello& in) {
  field_reader read("member's HELLO");
  member_hello m;
  m.version = in.version();
  m.current = read.numbered<incarnation>(in.current(), "current");
  m.marker_epoch = read.numbered<epoch>(in.marker_epoch(), "marker_epoch");
  m.marker_last = read.numbered<marker_number>(in.marker_last(), "marker_last");
  m.selection_epoch = read.numbered<epoch>(in.selection_epoch(), "selection_epoch");
  m.role = take_role(read, in.role());
  return read.done<control_message>(m);
}

result<control_message> take(const wire::control_refusal& in) {
  field_reader read("refusal");
  control_refusal m;
  m.about = read.sentence(in.about(), "about");
  m.reason = read.sentence(in.reason(), "reason");
  m.marker = read.marker(in.marker(), "marker");
  m.highest_epoch = read.numbered<epoch>(in.highest_epoch(), "highest_epoch");
  m.highest_marker = read.numbered<marker_number>(in.highest_marker(), "highest_marker");
  return read.done<control_message>(std::move(m));
}

result<control_message> take(const wire::mark& in) {
  field_reader read("MARK");
  mark m;
  m.marker = read.marker(in.marker(), "marker");
  if (read.count(in.members_size(), wire_members_max, "members"))
    for (const std::string& name : in.members()) m.members.push_back(read.name(name, "member"));
  m.hold_limit_ms = in.hold_limit_ms();
  if (m.hold_limit_ms == 0 || m.hold_limit_ms > hold_limit_ms_max)
    read.refuse("hold_limit_ms", "is not from 1 to 60000");
  return read.done<control_message>(std::move(m));
}

result<control_message> take(const wire::inserted& in) {
  field_reader read("INSERTED");
  const inserted m{read.marker(in.marker(), "marker"), read.numbered<incarnation>(in.by(), "by")};
  return read.done<control_message>(m);
}

result<control_message> take(const wire::release& in) {
  field_reader read("RELEASE");
  const release m{read.marker(in.marker(), "marker"),
                  read.numbered<incarnation>(in.counted(), "counted")};
  return read.done<control_message>(m);
}

result<control_message> take(const wire::abandon& in) {
  field_reader read("ABANDON");
  const abandon m{read.marker(in.marker(), "marker")};
  return read.done<control_message>(m);
}

result<control_message> take(const wire::outcome& in) {
  field_reader read("OUTCOME");
  outcome m;
  m.marker = read.marker(in.marker(), "marker");
  m.sealed = in.sealed();
  m.held_us = read.amount(in.held_us(), "held_us");
  m.reason = read.sentence(in.reason(), "reason");
  return read.done<control_message>(std::move(m));
}

result<control_message> take(const wire::report& in) {
  field_reader read("REPORT");
  const report m{read.numbered<epoch>(in.selection_epoch(), "selection_epoch"), in.claim()};
  return read.done<control_message>(m);
}

promotion take_promotion(field_reader& read, const wire::promotion& in) {
  return {read.marker(in.at(), "promotion"),
          read.numbered<sequence>(in.at_sequence(), "sequence of the promotion"),
          read.id(in.opened(), "lineage of the promotion")};
}

std::vector<stored_marker> take_markers(field_reader& read, const wire::reported& in) {
  std::vector<stored_marker> out;
  if (!read.count(in.markers_size(), wire_markers_max, "markers")) return out;
  out.reserve(static_cast<std::size_t>(in.markers_size()));
  for (const wire::stored_marker& line : in.markers())
    out.push_back({read.marker(line.marker(), "marker"), line.members_hash(), line.group_hash(),
                   read.numbered<sequence>(line.at(), "sequence of a marker")});
  return out;
}

result<control_message> take(const wire::reported& in) {
  field_reader read("answer to REPORT");
  reported m;
  m.selection_epoch = read.numbered<epoch>(in.selection_epoch(), "selection_epoch");
  m.target = read.marker(in.target(), "target");
  m.applied = read.marker(in.applied(), "applied");
  if (in.has_promoted()) m.promoted = take_promotion(read, in.promoted());
  m.markers = take_markers(read, in);
  m.stored = read.numbered<sequence>(in.stored(), "stored");
  return read.done<control_message>(std::move(m));
}

result<control_message> take(const wire::apply& in) {
  field_reader read("APPLY");
  const apply m{read.numbered<epoch>(in.selection_epoch(), "selection_epoch"),
                read.marker(in.marker(), "marker")};
  return read.done<control_message>(m);
}

result<control_message> take(const wire::applied& in) {
  field_reader read("APPLIED");
  const applied m{read.numbered<epoch>(in.selection_epoch(), "selection_epoch"),
                  read.marker(in.marker(), "marker")};
  return read.done<control_message>(m);
}

result<control_message> take(const wire::promote& in) {
  field_reader read("PROMOTE");
  promote m;
  m.selection_epoch = read.numbered<epoch>(in.selection_epoch(), "selection_epoch");
  m.marker = read.marker(in.marker(), "marker");
  m.opened = read.id(in.opened(), "lineage");
  return read.done<control_message>(m);
}

result<control_message> take(const wire::promoted& in) {
  field_reader read("PROMOTED");
  promoted m;
  m.selection_epoch = read.numbered<epoch>(in.selection_epoch(), "selection_epoch");
  m.marker = read.marker(in.marker(), "marker");
  m.set_aside_records = read.amount(in.set_aside_records(), "set_aside_records");
  m.set_aside_bytes = read.amount(in.set_aside_bytes(), "set_aside_bytes");
  return read.done<control_message>(m);
}

result<control_message> take(const wire::member_status& in) {
  field_reader read("status");
  return read.done<control_message>(take_status(read, in));
}

result<control_message> take(const wire::control_head& head) {
  switch (head.message_case()) {
    case wire::control_head::kCoordinatorHello:
      return take(head.coordinator_hello());
    case wire::control_head::kMemberHello:
      return take(head.member_hello());
    case wire::control_head::kRefusal:
      return take(head.refusal());
    case wire::control_head::kMark:
      return take(head.mark());
    case wire::control_head::kInserted:
      return take(head.inserted());
    case wire::control_head::kRelease:
      return take(head.release());
    case wire::control_head::kAbandon:
      return take(head.abandon());
    case wire::control_head::kOutcome:
      return take(head.outcome());
    case wire::control_head::kReport:
      return take(head.report());
    case wire::control_head::kReported:
      return take(head.reported());
    case wire::control_head::kApply:
      return take(head.apply());
    case wire::control_head::kApplied:
      return take(head.applied());
    case wire::control_head::kPromote:
      return take(head.promote());
    case wire::control_head::kPromoted:
      return take(head.promoted());
    case wire::control_head::kStatusRequest:
      return status_request{};
    case wire::control_head::kMemberStatus:
      return take(head.member_status());
    default:  // none, one of a newer version, or one that is for decode_control_life
      break;
  }
  return fail(EPROTO, "frame: holds no control message that this version knows");
}

}  // namespace

bytes encode(const control_message& m) {
  wire::control_head head;
  std::visit([&](const auto& one) { put(one, head); }, m);
  return make_frame(head.SerializeAsString(), 0);
}

result<control_message> decode_control(byte_view prefix, byte_view head) {
  CAIRN_TRY(check_frame(prefix, head, {}));
  wire::control_head parsed;
  if (!parsed.ParseFromArray(head.data(), static_cast<int>(head.size())))
    return fail(EPROTO, "frame: its head is not a control message");
  return take(parsed);
}

}  // namespace cairn

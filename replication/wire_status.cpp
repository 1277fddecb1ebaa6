#include "replication/wire_status.h"

#include <ranges>

namespace cairn {
namespace {

// An enumeration travels as its position from 1, so that a missing field is told from the first.
template <class E>
std::uint32_t choice_field(E value) {
  return static_cast<std::uint32_t>(value) + 1;
}

template <class E>
E take_choice(field_reader& read, std::uint32_t raw, E last, const char* field) {
  return static_cast<E>(read.choice(raw, choice_field(last), field) - 1);
}

// What is beyond the bounds is left out: a subset is a truthful answer.
void put_hosts(const volume_status& v, wire::volume_status& out) {
  for (const std::string& uri : v.exports | std::views::take(wire_exports_max))
    out.add_exports(sentence_field(uri));
  out.set_chap(sentence_field(v.chap));
  for (const host_session& s : v.sessions | std::views::take(wire_sessions_max)) {
    wire::host_session& session = *out.add_sessions();
    session.set_initiator(sentence_field(s.initiator));
    session.set_address(sentence_field(s.address));
    session.set_tasks(s.tasks);
  }
}

void take_hosts(field_reader& read, const wire::volume_status& in, volume_status& v) {
  if (read.count(in.exports_size(), wire_exports_max, "exports"))
    for (const std::string& uri : in.exports()) v.exports.push_back(read.sentence(uri, "export"));
  v.chap = read.sentence(in.chap(), "chap");
  if (!read.count(in.sessions_size(), wire_sessions_max, "sessions")) return;
  for (const wire::host_session& s : in.sessions()) {
    v.sessions.push_back({read.sentence(s.initiator(), "initiator"),
                          read.sentence(s.address(), "address"), read.amount(s.tasks(), "tasks")});
  }
}

void put_volume(const volume_status& v, wire::volume_status& out) {
  out.set_name(v.name);
  out.set_id(v.id);
  out.set_size_bytes(v.size_bytes);
  out.set_bytes_written(v.bytes_written);
  out.set_records_written(v.records_written);
  out.set_behind_bytes(v.behind_bytes);
  out.set_behind_records(v.behind_records);
  out.set_failed(sentence_field(v.failed));
  put_hosts(v, out);
}

volume_status take_volume(field_reader& read, const wire::volume_status& in) {
  volume_status v;
  v.name = read.name(in.name(), "volume name");
  v.id = read.sentence(in.id(), "volume id");
  v.size_bytes = read.amount(in.size_bytes(), "size_bytes");
  v.bytes_written = read.amount(in.bytes_written(), "bytes_written");
  v.records_written = read.amount(in.records_written(), "records_written");
  v.behind_bytes = read.amount(in.behind_bytes(), "behind_bytes");
  v.behind_records = read.amount(in.behind_records(), "behind_records");
  v.failed = read.sentence(in.failed(), "failed");
  take_hosts(read, in, v);
  return v;
}

void put_names(const member_status& m, wire::member_status& out) {
  out.set_group(m.group);
  out.set_member(m.member);
  out.set_gateway(sentence_field(m.gateway));
  out.set_version(sentence_field(m.version));
  out.set_commit(sentence_field(m.commit));
  out.set_role(role_field(m.role));
  out.set_role_because(sentence_field(m.role_because));
  out.set_link(choice_field(m.link));
  out.set_link_because(sentence_field(m.link_because));
  out.set_copy(sentence_field(m.copy));
  out.set_flow(sentence_field(m.flow));
  out.set_journal_failed(sentence_field(m.journal_failed));
  out.set_destage_trouble(sentence_field(m.destage_trouble));
  out.set_current(m.current.value);
  out.set_lineage(sentence_field(m.lineage));
}

void take_names(field_reader& read, const wire::member_status& in, member_status& m) {
  m.group = read.name(in.group(), "group");
  m.member = read.name(in.member(), "member");
  m.gateway = read.sentence(in.gateway(), "gateway");
  m.version = read.sentence(in.version(), "version");
  m.commit = read.sentence(in.commit(), "commit");
  m.role = take_role(read, in.role());
  m.role_because = read.sentence(in.role_because(), "role_because");
  m.link = take_choice(read, in.link(), link_state::refused, "link");
  m.link_because = read.sentence(in.link_because(), "link_because");
  m.copy = read.sentence(in.copy(), "copy");
  m.flow = read.sentence(in.flow(), "flow");
  m.journal_failed = read.sentence(in.journal_failed(), "journal_failed");
  m.destage_trouble = read.sentence(in.destage_trouble(), "destage_trouble");
  m.current = read.numbered<incarnation>(in.current(), "current");
  m.lineage = read.sentence(in.lineage(), "lineage");
}

void put_watermarks(const member_status& m, wire::member_status& out) {
  out.set_assigned(m.assigned.value);
  out.set_finished(m.finished.value);
  out.set_durable(m.durable.value);
  out.set_destaged(m.destaged.value);
  out.set_backed(m.backed.value);
  out.set_trimmed(m.trimmed.value);
  out.set_sent(m.sent.value);
  out.set_received(m.received.value);
  out.set_stored(m.stored.value);
  out.set_applied(m.applied.value);
  put_marker(m.newest_inserted, out.mutable_newest_inserted());
  put_marker(m.newest_sealed, out.mutable_newest_sealed());
  put_marker(m.newest_stored, out.mutable_newest_stored());
  put_marker(m.applied_marker, out.mutable_applied_marker());
}

void take_watermarks(field_reader& read, const wire::member_status& in, member_status& m) {
  m.assigned = read.numbered<sequence>(in.assigned(), "assigned");
  m.finished = read.numbered<sequence>(in.finished(), "finished");
  m.durable = read.numbered<sequence>(in.durable(), "durable");
  m.destaged = read.numbered<sequence>(in.destaged(), "destaged");
  m.backed = read.numbered<sequence>(in.backed(), "backed");
  m.trimmed = read.numbered<sequence>(in.trimmed(), "trimmed");
  m.sent = read.numbered<sequence>(in.sent(), "sent");
  m.received = read.numbered<sequence>(in.received(), "received");
  m.stored = read.numbered<sequence>(in.stored(), "stored");
  m.applied = read.numbered<sequence>(in.applied(), "applied");
  m.newest_inserted = read.marker(in.newest_inserted(), "newest_inserted");
  m.newest_sealed = read.marker(in.newest_sealed(), "newest_sealed");
  m.newest_stored = read.marker(in.newest_stored(), "newest_stored");
  m.applied_marker = read.marker(in.applied_marker(), "applied_marker");
}

void put_amounts(const member_status& m, wire::member_status& out) {
  out.set_oldest_unstored_ms(m.oldest_unstored_ms);
  out.set_behind_bytes(m.behind_bytes);
  out.set_behind_records(m.behind_records);
  out.set_journal_bytes(m.journal_bytes);
  out.set_journal_bytes_max(m.journal_bytes_max);
  out.set_hold_count(m.hold_count);
  out.set_hold_voided(m.hold_voided);
  out.set_hold_last_us(m.hold_last_us);
  out.set_hold_max_us(m.hold_max_us);
}

void take_amounts(field_reader& read, const wire::member_status& in, member_status& m) {
  m.oldest_unstored_ms = read.amount(in.oldest_unstored_ms(), "oldest_unstored_ms");
  m.behind_bytes = read.amount(in.behind_bytes(), "behind_bytes");
  m.behind_records = read.amount(in.behind_records(), "behind_records");
  m.journal_bytes = read.amount(in.journal_bytes(), "journal_bytes");
  m.journal_bytes_max = read.amount(in.journal_bytes_max(), "journal_bytes_max");
  m.hold_count = read.amount(in.hold_count(), "hold_count");
  m.hold_voided = read.amount(in.hold_voided(), "hold_voided");
  m.hold_last_us = read.amount(in.hold_last_us(), "hold_last_us");
  m.hold_max_us = read.amount(in.hold_max_us(), "hold_max_us");
}

}  // namespace

std::uint32_t role_field(member_role role) { return choice_field(role); }

member_role take_role(field_reader& read, std::uint32_t raw) {
  return take_choice(read, raw, member_role::fenced, "role");
}

void put_status(const member_status& m, wire::member_status& out) {
  put_names(m, out);
  put_watermarks(m, out);
  put_amounts(m, out);
  for (const volume_status& v : m.volumes) put_volume(v, *out.add_volumes());
}

member_status take_status(field_reader& read, const wire::member_status& in) {
  member_status m;
  take_names(read, in, m);
  take_watermarks(read, in, m);
  take_amounts(read, in, m);
  if (read.count(in.volumes_size(), wire_volumes_max, "volumes"))
    for (const wire::volume_status& v : in.volumes()) m.volumes.push_back(take_volume(read, v));
  return m;
}

}  // namespace cairn

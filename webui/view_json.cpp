#include "webui/view_json.h"

#include <nlohmann/json.hpp>

#include "base/version.h"

namespace cairn {
namespace {

using json = nlohmann::ordered_json;

const char* word_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::none:
      return "none";
    case failure_kind::failed:
      return "failed";
    case failure_kind::not_found:
      return "not_found";
    case failure_kind::refused:
      return "refused";
    case failure_kind::unreachable:
      return "unreachable";
  }
  return "failed";
}

std::string text(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json of(const age_ms& age) { return age ? json(*age) : json(nullptr); }

json of(const marker_id& m) {
  if (!m) return nullptr;
  return {{"number", m.number.value}, {"epoch", m.made_in.value}};
}

json of(const marker_age& m) {
  if (!m.marker) return nullptr;
  return {
      {"number", m.marker.number.value}, {"epoch", m.marker.made_in.value}, {"age_ms", of(m.age)}};
}

json of(const marker_view& m) {
  return {{"number", m.marker.number.value},
          {"epoch", m.marker.made_in.value},
          {"name", m.name},
          {"outcome", m.outcome},
          {"reason", m.reason},
          {"display_unix_ms", m.display_unix_ms},
          {"held_max_us", m.held_max_us},
          {"round_us", m.round_us},
          {"stored", m.stored},
          {"applied", m.applied}};
}

json of(const event_view& e) {
  return {{"id", e.id},
          {"display_unix_ms", e.display_unix_ms},
          {"level", e.level},
          {"sentence", e.sentence}};
}

json of(const volume_status& v);
json of(const host_session& s);
json of(const member_view& m);
json of(const hold_bucket& b);
json of(const takeover_member& m);

template <class T>
json list(const std::vector<T>& values) {
  json out = json::array();
  for (const auto& v : values) out.push_back(of(v));
  return out;
}

json of(const volume_status& v) {
  return {{"name", v.name},
          {"id", v.id},
          {"size_bytes", v.size_bytes},
          {"bytes_written", v.bytes_written},
          {"records_written", v.records_written},
          {"behind_bytes", v.behind_bytes},
          {"behind_records", v.behind_records},
          {"failed", v.failed},
          {"exports", v.exports},
          {"chap", v.chap},
          {"sessions", list(v.sessions)}};
}

json of(const host_session& s) {
  return {{"initiator", s.initiator}, {"address", s.address}, {"tasks", s.tasks}};
}

json watermarks(const member_status& s) {
  return {{"assigned", s.assigned.value}, {"finished", s.finished.value},
          {"durable", s.durable.value},   {"sent", s.sent.value},
          {"received", s.received.value}, {"stored", s.stored.value},
          {"applied", s.applied.value},   {"destaged", s.destaged.value},
          {"backed", s.backed.value},     {"trimmed", s.trimmed.value}};
}

json hold(const member_status& s) {
  return {{"count", s.hold_count},
          {"voided", s.hold_voided},
          {"last_us", s.hold_last_us},
          {"max_us", s.hold_max_us}};
}

json of(const member_status& s) {
  return {{"gateway", s.gateway},
          {"version", s.version},
          {"commit", s.commit},
          {"role", name_of(s.role)},
          {"role_because", s.role_because},
          {"link", name_of(s.link)},
          {"link_because", s.link_because},
          {"copy", s.copy},
          {"flow", s.flow},
          {"journal_failed", s.journal_failed},
          {"destage_trouble", s.destage_trouble},
          {"incarnation", s.current.value},
          {"lineage", s.lineage},
          {"watermarks", watermarks(s)},
          {"newest_inserted", of(s.newest_inserted)},
          {"newest_sealed", of(s.newest_sealed)},
          {"newest_stored", of(s.newest_stored)},
          {"applied_marker", of(s.applied_marker)},
          {"oldest_unstored_ms", s.oldest_unstored_ms},
          {"behind_bytes", s.behind_bytes},
          {"behind_records", s.behind_records},
          {"journal_bytes", s.journal_bytes},
          {"journal_bytes_max", s.journal_bytes_max},
          {"hold", hold(s)},
          {"volumes", list(s.volumes)}};
}

json of(const member_view& m) {
  return {{"name", m.name},
          {"control", m.control},
          {"connected", m.connected},
          {"because", m.because},
          {"heard_age_ms", of(m.heard)},
          {"read_age_ms", of(m.read)},
          {"fresh", m.fresh},
          {"status", m.status ? of(*m.status) : json(nullptr)}};
}

json of(const hold_bucket& b) {
  return {{"up_to_us", b.up_to_us == 0 ? json(nullptr) : json(b.up_to_us)}, {"count", b.count}};
}

json of(const round_counters& r) {
  return {{"begun", r.begun},
          {"sealed", r.sealed},
          {"voided", r.voided},
          {"unknown", r.unknown},
          {"skipped", r.skipped},
          {"interval_ms", r.interval_ms},
          {"last_round_us", r.last_round_us},
          {"holds", list(r.holds)}};
}

json holding(const group_snapshot& s) {
  if (!s.holding) return nullptr;
  return {{"member", s.holding->member},
          {"because", s.holding->because},
          {"since_ms", of(s.holding->since)}};
}

json taken_over(const group_snapshot& s) {
  if (!s.taken_over_at) return nullptr;
  return {{"at", of(*s.taken_over_at)}, {"lineage", s.taken_over_lineage}};
}

json group(const group_snapshot& s) {
  return {{"name", s.group},
          {"verdict", s.verdict},
          {"level", name_of(s.level)},
          {"rpo_now_ms", of(s.rpo_now)},
          {"rpo_at_least", s.rpo_at_least},
          {"rpo_target_ms", s.rpo_target_ms},
          {"sealed", of(s.sealed)},
          {"stored", of(s.stored)},
          {"applied", of(s.applied)},
          {"oldest_unstored_ms", of(s.oldest_unstored)},
          {"behind_bytes", s.behind_bytes},
          {"behind_records", s.behind_records},
          {"holding_back", holding(s)},
          {"taken_over", taken_over(s)}};
}

json coordinator(const group_snapshot& s) {
  return {{"name", s.coordinator},
          {"version", version_number()},
          {"commit", version_commit()},
          {"role", s.primary ? "primary" : "secondary"},
          {"phase", s.phase},
          {"epoch", s.current.value},
          {"up_ms", s.up_ms},
          {"interval_ms", s.interval_ms},
          {"hold_limit_ms", s.hold_limit_ms},
          {"poll_ms", s.poll_ms}};
}

json of(const takeover_member& m) {
  return {{"name", m.name},
          {"marker_at", m.marker_at.value},
          {"stored", m.stored.value},
          {"beyond_records", m.beyond_records},
          {"beyond_bytes", of(m.beyond_bytes)}};
}

json of(const takeover_plan& p) {
  return {{"at", of(p.at)},
          {"why", p.why},
          {"age_ms", of(p.age)},
          {"age_at_least", p.age_at_least},
          {"members", list(p.members)},
          {"lineage", p.lineage}};
}

}  // namespace

std::string summary_json(const group_snapshot& s, const std::vector<marker_view>& markers,
                         const std::vector<event_view>& events, std::int64_t display_unix_ms) {
  return text({{"schema", "cairn.summary/1"},
               {"display_unix_ms", display_unix_ms},
               {"coordinator", coordinator(s)},
               {"group", group(s)},
               {"rounds", s.primary ? of(s.rounds) : json(nullptr)},
               {"members", list(s.members)},
               {"markers", list(markers)},
               {"events", list(events)}});
}

std::string group_json(const group_snapshot& s) {
  return text({{"schema", "cairn.group/1"}, {"coordinator", coordinator(s)}, {"group", group(s)}});
}

std::string members_json(const group_snapshot& s) {
  return text({{"schema", "cairn.members/1"}, {"group", s.group}, {"members", list(s.members)}});
}

std::string markers_json(const std::vector<marker_view>& markers, std::int64_t display_unix_ms) {
  return text({{"schema", "cairn.markers/1"},
               {"display_unix_ms", display_unix_ms},
               {"markers", list(markers)}});
}

std::string events_json(const std::vector<event_view>& events) {
  return text({{"schema", "cairn.events/1"}, {"events", list(events)}});
}

std::string operation_json(const operation_view& o) {
  return text({{"schema", "cairn.operation/1"},
               {"id", o.id},
               {"kind", o.kind},
               {"state", name_of(o.state)},
               {"failure", word_of(o.failure)},
               {"sentence", o.sentence},
               {"ran_ms", o.ran_ms},
               {"marker", o.marker ? of(*o.marker) : json(nullptr)},
               {"takeover", o.takeover ? of(*o.takeover) : json(nullptr)}});
}

}  // namespace cairn

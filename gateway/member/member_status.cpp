// What a member tells about itself.
#include "base/version.h"
#include "gateway/member/member_impl.h"

namespace cairn {
namespace {

std::string flow_of(const member_status& s, bool connected) {
  if (!s.journal_failed.empty()) return "blocked(" + s.journal_failed + ")";
  if (!connected) return "blocked(link " + std::string(name_of(s.link)) + ")";
  return s.oldest_unstored_ms > 1000 ? "catching-up" : "streaming";
}

std::string copy_of(const member_status& s) {
  if (s.role == member_role::fenced) return "diverged";
  if (s.link == link_state::connected) return s.oldest_unstored_ms > 1000 ? "lagging" : "in-sync";
  return "lagging";
}

marker_id newest_usable(const journal& log, sequence from) {
  marker_id newest;
  for (const auto& m : log.markers(from))
    if (!m.voided && m.seal_at && m.seal_at <= log.durable()) newest = m.body.marker;
  return newest;
}

}  // namespace

member_status member_impl::status() const {
  member_status s;
  const auto state = log_->state();
  s.group = config_.group;
  s.member = config_.name;
  s.gateway = gateway_name_;
  s.version = version_number();
  s.commit = version_commit();
  s.role = role_;
  s.role_because = state.fenced_because;
  s.journal_failed = log_->failure().value_or("");
  s.destage_trouble = destage_trouble_.with([](const std::string& t) { return t; });
  s.current = log_->current();
  if (!state.lineages.empty()) s.lineage = state.lineages.back().id.text();

  s.trimmed = log_->trimmed();
  s.backed = log_->backed();
  s.destaged = destager_->destaged();
  s.durable = log_->durable();
  s.finished = log_->finished();
  s.assigned = log_->assigned();

  const auto peer = peer_.with([](const peer_view& v) { return v; });
  s.link = peer.link;
  s.link_because = peer.because;
  const bool sender = s.role != member_role::secondary && s.role != member_role::promoting;
  s.sent = sender ? peer.sent : sequence{};
  s.received = sender ? peer.received : s.finished;
  s.stored = sender ? peer.stored : s.durable;
  s.applied = sender ? peer.applied_sequence : sequence(applied_);
  s.applied_marker = sender ? peer.applied : state.target;

  const auto holds = holds_.with([](const hold_counts& h) { return h; });
  s.newest_inserted = holds.inserted;
  s.newest_sealed = holds.sealed;
  s.hold_count = holds.count;
  s.hold_voided = holds.voided;
  s.hold_last_us = holds.last_us;
  s.hold_max_us = holds.max_us;
  s.newest_stored = sender ? peer.newest_stored : newest_usable(*log_, state.target_sequence);

  const auto now = std::chrono::steady_clock::now();
  const bool alone = sender && !config_.peer;
  const bool promoted = state.promoted.has_value();
  const auto reached = alone || promoted ? s.assigned : sender ? peer.stored : s.applied;
  const auto [behind, totals] = samples_.with(
      [&](const lag_samples& l) { return std::pair(l.behind(reached, now), l.totals()); });
  s.oldest_unstored_ms = sender ? static_cast<std::uint64_t>(behind.oldest.count()) : 0;
  s.behind_bytes = behind.total.bytes;
  s.behind_records = behind.total.records;
  const auto usage = log_->usage();
  s.journal_bytes = usage.bytes;
  s.journal_bytes_max = usage.bytes_max;
  s.copy = copy_of(s);
  s.flow = flow_of(s, alone || promoted || s.link == link_state::connected);
  for (const auto& v : volumes_) {
    const auto i = v->identity();
    const auto index = i.index == 0 ? 0 : i.index - 1;
    s.volumes.push_back({i.name, i.id.text(), i.size_bytes, totals[index].bytes,
                         totals[index].records, behind.volumes[index].bytes,
                         behind.volumes[index].records, v->failure().value_or("")});
  }
  return s;
}

}  // namespace cairn

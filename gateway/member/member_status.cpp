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

}  // namespace

member_status member_impl::status() const {
  member_status s;
  const auto& log = core_.log();
  const auto state = log.state();
  s.group = config().group;
  s.member = config().name;
  s.gateway = gateway_name_;
  s.version = version_number();
  s.commit = version_commit();
  s.role = core_.role();
  s.role_because = state.fenced_because;
  s.journal_failed = log.failure().value_or("");
  s.destage_trouble = destages_.trouble();
  s.current = log.current();
  if (!state.lineages.empty()) s.lineage = state.lineages.back().id.text();

  s.trimmed = log.trimmed();
  s.backed = log.backed();
  s.destaged = destages_.destaged();
  s.durable = log.durable();
  s.finished = log.finished();
  s.assigned = log.assigned();

  const auto link = core_.link();
  s.link = link.state;
  s.link_because = link.because;
  const bool sender = s.role != member_role::secondary && s.role != member_role::promoting;
  if (const auto* p = primary(); p && sender)
    p->fill(s);
  else if (secondary_)
    secondary_->fill(s);
  const auto usage = log.usage();
  s.journal_bytes = usage.bytes;
  s.journal_bytes_max = usage.bytes_max;
  const bool alone = (sender && !config().peer) || state.promoted;
  add_lag(s, alone ? s.assigned : sender ? s.stored : s.applied);
  if (!sender) s.oldest_unstored_ms = 0;
  s.copy = copy_of(s);
  s.flow = flow_of(s, alone || s.link == link_state::connected);
  return s;
}

// What is behind `reached`, for the member and each of its volumes.
void member_impl::add_lag(member_status& s, sequence reached) const {
  const auto now = std::chrono::steady_clock::now();
  const auto [behind, totals] = core_.lag().with(
      [&](const lag_samples& l) { return std::pair(l.behind(reached, now), l.totals()); });
  s.oldest_unstored_ms = static_cast<std::uint64_t>(behind.oldest.count());
  s.behind_bytes = behind.total.bytes;
  s.behind_records = behind.total.records;
  for (const auto& v : core_.volumes()) {
    const auto i = v->identity();
    const auto index = i.index == 0 ? 0 : i.index - 1;
    s.volumes.push_back({i.name, i.id.text(), i.size_bytes, totals[index].bytes,
                         totals[index].records, behind.volumes[index].bytes,
                         behind.volumes[index].records, v->failure().value_or("")});
  }
}

}  // namespace cairn

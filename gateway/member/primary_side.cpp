// How a primary comes up, its threads, and what it tells of itself.
#include "gateway/member/primary_side.h"

#include "base/log.h"
#include "base/thread_priority.h"

namespace cairn {
namespace {

constexpr std::chrono::milliseconds sync_look{20};  // how often it is looked whether one is due

}  // namespace

primary_side::primary_side(member_core& core, const destaging& destages,
                           const testing_config& testing)
    : core_(core),
      destages_(destages),
      gate_(core.highest_marker(), testing.hold),
      visible_(core.log().assigned().value),
      hold_thread_(core.sentence("hold")),
      sync_thread_(core.sentence("sync")) {
  if (testing.hang == "hold") hold_thread_.hang_instead();
  if (testing.hang == "sync") sync_thread_.hang_instead();
  core.shows(core.log().assigned());
}

result<void> primary_side::restore(const std::vector<marker_body>& unsealed) {
  auto& log = core_.log();
  peer_.with([&](peer_view& v) {
    for (const auto& m : log.markers(log.trimmed()))
      if (m.seal_at && !m.voided) v.sealed.emplace_back(m.body.marker, m.seal_at);
  });
  CAIRN_TRY(core_.each_row(log.backed(), log.assigned(), [&](const row& r) {
    if (shows_in_volume(r.what)) core_.enter(r);
  }));
  if (core_.role() != member_role::primary) return {};
  for (const auto& body : unsealed)
    if (auto done = append_marker(record_kind::void_, body); !done) return fail(done.error());
  return {};
}

void primary_side::start() {
  // I11: this thread does nothing but watch the limit, so no disk and no other process delays it.
  hold_thread_.start(
      [this](bool) {
        hold_step(std::chrono::steady_clock::now());
        return gate_.deadline();
      },
      run_ahead);
  sync_thread_.start([this](bool wanted) {
    const auto due = [&] {
      return pace_.sync_due(destages_.load(), std::chrono::steady_clock::now());
    };
    if (!core_.log().failure() && (wanted || due())) sync_now();
    return std::chrono::steady_clock::now() + sync_look;
  });
}

void primary_side::stop_soon() {
  hold_thread_.end_soon();
  sync_thread_.end_soon();
}

void primary_side::stop() {
  const bool ran = hold_thread_.join();
  sync_thread_.join();
  if (!ran) return;
  hold_step(monotonic_time::max());  // what is withheld goes, whatever became of the journal
  if (!core_.log().failure()) sync_now();
}

void primary_side::fill(member_status& s) const {
  const auto peer = peer_.with([](const peer_view& v) { return v; });
  s.sent = peer.sent;
  s.received = peer.received;
  s.stored = peer.stored;
  s.applied = peer.applied_sequence;
  s.applied_marker = peer.applied;
  s.newest_stored = peer.newest_stored;
  const auto holds = holds_.with([](const hold_counts& h) { return h; });
  s.newest_inserted = holds.inserted;
  s.newest_sealed = holds.sealed;
  s.hold_count = holds.count;
  s.hold_voided = holds.voided;
  s.hold_last_us = holds.last_us;
  s.hold_max_us = holds.max_us;
}

}  // namespace cairn

// What the sending end of the link asks of a primary and tells it.
#include <algorithm>

#include "base/log.h"
#include "gateway/member/offers.h"
#include "gateway/member/primary_side.h"
#include "replication/features.h"
#include "replication/watermarks.h"

namespace cairn {

hello primary_side::make_hello() const {
  hello h;
  h.group = core_.config().group;
  h.member = core_.config().name;
  h.journal = core_.log().id();
  h.lineages = core_.log().state().lineages;
  h.starts = core_.log().starts();
  h.features = own_features;
  h.oldest_held = core_.log().trimmed().next();
  h.volumes = offers_of(core_.log().volumes());
  return h;
}

void primary_side::peer_answered(const hello_answer& a) {
  const auto saved = core_.log().update_state([&](member_state& s) -> result<void> {
    s.peer.journal = a.journal;
    s.peer.start = a.start;
    s.peer.features = a.features;
    return {};
  });
  if (!saved)
    log_error(core_.sentence("who the peer is was not saved: " + saved.error().text),
              log_event::none, core_.subject());
}

void primary_side::peer_progress(const link_progress& p, sequence sent) {
  check(peer_watermarks{core_.log().trimmed(), p.stored, p.received, sent, core_.log().finished()});
  peer_.with([&](peer_view& v) {
    v.known = true;
    v.sent = sent;
    v.received = p.received;
    v.stored = p.stored;
    v.applied = p.applied;
    v.applied_sequence = p.applied_sequence;
    for (; !v.sealed.empty() && v.sealed.front().second <= p.stored; v.sealed.pop_front())
      v.newest_stored = v.sealed.front().first;
  });
  core_.lag().with([&](lag_samples& s) { s.forget(p.stored); });
}

void primary_side::peer_lost() {
  peer_.with([](peer_view& v) {
    v.sent = v.received = v.stored;  // what is on the way may be lost; learned anew at HELLO
  });
  core_.link_lost();
}

void primary_side::fence(const std::string& because) {
  core_.become(member_role::fenced);
  const auto saved = core_.log().update_state([&](member_state& s) -> result<void> {
    s.role = member_role::fenced;
    s.fenced_because = because;
    return {};
  });
  log_error("member " + core_.config().name + " is fenced and takes no writes: " + because,
            log_event::member_fenced, core_.subject());
  if (!saved)
    log_error(core_.sentence("fencing not saved: " + saved.error().text), log_event::none,
              core_.subject());
}

// `finished` first: a seal that it covers was entered among the young ones before it was finished,
// so that it is still found there, or durable.
sequence primary_side::shippable() const {
  const auto finished = core_.log().finished();
  const auto first_young = seals_.with(
      [](const auto& all) { return all.empty() ? sequence(~std::uint64_t{0}) : all.front().at; });
  return std::min(finished, first_young.previous());
}

void primary_side::on_progress(std::function<void()> wake) {
  wake_.with([&](auto& w) { w = std::move(wake); });
}

void primary_side::wake_link() {
  if (!wake_wanted_ || !wake_wanted_.exchange(false)) return;
  wake_.with([](auto& w) {
    if (w) w();
  });
}

// A peer that has not been heard since the start may need whatever there is.
sequence primary_side::trim_limit() const {
  const auto backed = core_.log().backed();
  if (!core_.config().peer) return backed;
  return peer_.with([&](const peer_view& v) {
    return v.known ? std::min(backed, v.stored) : core_.log().trimmed();
  });
}

sequence primary_side::stored_at_peer() const {
  if (!core_.config().peer) return sequence(~std::uint64_t{0});
  return peer_.with([](const peer_view& v) { return v.stored; });
}

}  // namespace cairn

// What the receiving end of the link asks of a secondary and tells it.
#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "gateway/member/secondary_side.h"

namespace cairn {

result<void> secondary_side::takes_arrivals() const {
  if (core_.role() == member_role::secondary) return {};
  return fail(EROFS, "member " + core_.config().name + " is " + name_of(core_.role()));
}

// The offers were judged (replication/receiver.h), and name each volume of this side.
result<void> secondary_side::adopt_volumes(const std::vector<volume_offer>& offers) {
  const std::lock_guard lock(core_.turn());
  const std::lock_guard destages(destages_.turn());
  CAIRN_TRY(takes_arrivals());
  std::vector<volume_identity> all;
  for (const auto& v : core_.volumes()) {
    auto i = v->identity();
    const auto theirs = std::ranges::find(offers, i.name, &volume_offer::name);
    if (theirs == offers.end()) return fail(EINVAL, "the primary has no volume named " + i.name);
    i.index = theirs->index;
    i.id = theirs->id;
    i.naa = theirs->naa;
    i.serial = theirs->serial;
    all.push_back(std::move(i));
  }
  CAIRN_TRY(core_.log().save_volumes(all));
  for (std::size_t i = 0; i < all.size(); ++i) core_.at(i).become(all[i]);
  return core_.index_volumes();
}

result<void> secondary_side::follow(const hello& from, sequence keep_to) {
  const std::lock_guard lock(arrivals_turn_);
  CAIRN_TRY(takes_arrivals());
  CAIRN_TRY(core_.log().update_state([&](member_state& s) -> result<void> {
    s.lineages = from.lineages;
    return {};
  }));
  return core_.log().truncate(keep_to, from.starts);
}

result<void> secondary_side::keep_peer(const hello& from) {
  const std::lock_guard lock(arrivals_turn_);
  CAIRN_TRY(takes_arrivals());
  return core_.log().update_state([&](member_state& s) -> result<void> {
    s.peer.journal = from.journal;
    s.peer.start = from.starts.back().id;
    s.peer.features = from.features;
    return {};
  });
}

result<void> secondary_side::append_received(std::span<const received_record> records) {
  const std::lock_guard lock(arrivals_turn_);
  CAIRN_TRY(takes_arrivals());
  return core_.log().append_received(records);
}

void secondary_side::stored_advanced() {
  const std::lock_guard lock(arrivals_turn_);
  if (core_.role() != member_role::secondary) return;
  const auto upto = core_.log().finished();
  const auto known = std::exchange(counted_, upto);  // it was beyond, if the journal was cut
  if (upto <= known) return;
  const auto now = std::chrono::steady_clock::now();
  const auto done = core_.each_row(known, upto, [&](const row& r) { core_.count(r, now); });
  if (!done) log_error(core_.sentence(done.error().text), log_event::none, core_.subject());
  core_.lag().with([&](lag_samples& s) { s.forget(core_.shown()); });
}

}  // namespace cairn

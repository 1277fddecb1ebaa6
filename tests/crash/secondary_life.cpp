#include "tests/crash/secondary_life.h"

#include <algorithm>

#include "replication/receiver.h"
#include "tests/crash/member_lives.h"
#include "tests/crash/primary_life.h"

namespace cairn {
namespace {

constexpr std::uint64_t steps_max = 70;
constexpr std::uint64_t stretch_max = 20;

}  // namespace

template <class R>
bool secondary_life::must(const R& done) {
  if (!done && !of_.may_fail(done.error())) of_.blame(done.error().text);
  return bool(done);
}

// ---- after a start

void secondary_life::judge_recovery() {
  greeted_ = false;
  const auto s = of_.log().state();
  judge_promotion(s);
  judge_stored();
  if (s.target != target_ && s.target != attempted_) return of_.blame("another target is shown");
  if (s.target) show(s.target, s.target_sequence);
  of_.compare(images_, "after a start");
  of_.came_up();
}

void secondary_life::judge_stored() {
  const auto last = of_.log().assigned();
  if (!promoted_ && last < stored_)
    of_.blame("record " + std::to_string(stored_.value) + " was stored and is lost");
  if (!promoted_ && of_.log().durable() != last) of_.blame("what was found is not durable");
}

void secondary_life::judge_promotion(const member_state& s) {
  promoted_ = s.promoted.has_value();
  if (promotion_told_ && !promoted_) of_.blame("a promotion is forgotten");
}

// From one marker to the next: records behind the new target are not shown.
void secondary_life::show(marker_id target, sequence at) {
  const auto is = primary_.sealed(target);
  if (is != at) return of_.blame("a target that is not sealed");
  for (auto n = shown_.next(); n <= at; n = n.next())
    if (changes_volume(primary_.at(n).what.kind)) images_.enter(change_of(primary_.at(n)));
  target_ = target;
  shown_ = at;
}

// ---- a life

void secondary_life::live() {
  of_.amid_append = [this] { of_.one_step(); };
  of_.may_die_soon();
  greet();
  for (auto left = of_.random.below(steps_max); left > 0 && of_.alive() && !promotion_told_; --left)
    step();
  // What is behind the target stays in the journal: only the records up to it are destaged.
  if (of_.alive() && of_.random.below(4) == 0) of_.settle(images_);
  of_.amid_append = {};
  of_.end();
}

void secondary_life::step() {
  switch (of_.random.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return receive();
    case 4:
      return store();
    case 5:
    case 6:
      return select();
    case 7:
      if (of_.random.below(2) == 0) primary_.restart();
      return greet();
    case 8:
      return of_.compare_some(images_);
    default:
      return of_.one_step();
  }
}

// HELLO, and what gateway/link/receiver_session.cpp does about it.
void secondary_life::greet() {
  const auto h = primary_.greeting();
  auto& log = of_.log();
  const auto keep_to = truncation_point(h.starts, log.current(), log.assigned());
  if (keep_to < log.assigned()) ++of_.seen.truncations;
  stored_ = std::min(stored_, keep_to);
  greeted_ = false;
  if (!must(of_.core().arrivals()->adopt_volumes(h.volumes))) return;
  if (!must(of_.core().arrivals()->follow(h, keep_to))) return;
  if (log.assigned() != keep_to) return of_.blame("it does not cut where the primary did");
  store();
  greeted_ = of_.alive();
}

void secondary_life::receive() {
  if (!greeted_ || primary_.current() != of_.log().current()) return;
  const auto some = primary_.behind(of_.log().assigned(), 1 + of_.random.below(stretch_max));
  std::vector<received_record> records;
  for (const auto& r : some) records.push_back({r.what, r.data});
  if (must(of_.core().arrivals()->append_received(records)))
    of_.core().arrivals()->stored_advanced();
}

void secondary_life::store() {
  if (!must(of_.log().sync())) return;
  stored_ = of_.log().durable();
  of_.core().arrivals()->stored_advanced();
}

// REPORT, then APPLY of one of what was reported, now and then PROMOTE.
void secondary_life::select() {
  const bool claims = !selection_ || of_.random.below(4) == 0;
  if (claims) selection_ = selection_.next();
  const auto answer = of_.core().selection()->on_report({selection_, claims});
  if (!of_.alive()) return;
  const auto* r = std::get_if<reported>(&answer);
  if (r == nullptr) return of_.blame("REPORT: " + std::get<control_refusal>(answer).reason);
  if (r->target != target_) return of_.blame("REPORT names another target");
  choose(*r);
  if (of_.alive() && target_ && of_.random.below(60) == 0) promote_it();
}

void secondary_life::choose(const reported& from) {
  for (const auto& m : from.markers)
    if (primary_.sealed(m.marker) != m.at) return of_.blame("REPORT names an unsealed marker");
  if (from.markers.empty()) return;
  const auto& chosen = from.markers[of_.random.below(from.markers.size())];
  attempted_ = chosen.marker;
  const auto answer = of_.core().selection()->on_apply({selection_, attempted_});
  if (!of_.alive()) return;
  if (std::holds_alternative<applied>(answer)) {
    ++of_.seen.applied;
    return show(chosen.marker, chosen.at);
  }
  of_.blame("APPLY: " + std::get<control_refusal>(answer).reason);
}

void secondary_life::promote_it() {
  const auto answer =
      of_.core().selection()->on_promote({selection_, target_, of_.random.make_uuid()});
  if (const auto* no = std::get_if<control_refusal>(&answer); no != nullptr && of_.alive())
    return of_.blame("PROMOTE: " + no->reason);
  if (!std::holds_alternative<cairn::promoted>(answer)) return;
  promotion_told_ = true;
  ++of_.seen.promotions;
}

std::string live_as_secondary(std::uint64_t seed, int lives, cut_counts& seen,
                              const forgotten_syncs& forgets) {
  mortal_member m(seed, member_role::secondary, seen, forgets);
  secondary_life before(m);
  std::optional<primary_life> after;
  for (int i = 0; i < lives && m.violation.empty(); ++i) {
    m.start();
    if (!m.alive()) continue;
    after ? after->judge_recovery() : before.judge_recovery();
    if (!after && before.promoted()) after.emplace(m, before.images(), before.last_marker());
    if (m.alive()) after ? after->live() : before.live();
  }
  return m.violation;
}

}  // namespace cairn

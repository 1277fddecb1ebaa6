// Two members and a coordinator, played one message at a time.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "tests/unit/replication/selection_support.h"

namespace cairn::selection_tests {

template <class T>
std::vector<std::pair<std::size_t, T>> sent(const selection_actions& actions) {
  std::vector<std::pair<std::size_t, T>> found;
  for (const auto& a : actions)
    if (const auto* s = std::get_if<send_control>(&a))
      if (const auto* m = std::get_if<T>(&s->message)) found.emplace_back(s->member, *m);
  return found;
}

template <class T>
const T* action(const selection_actions& actions) {
  for (const auto& a : actions)
    if (const auto* t = std::get_if<T>(&a)) return t;
  return nullptr;
}

inline const error locked{EBUSY, "state.db: database is locked"};
inline const error broken{EIO, "state.db: fsync failed", error_class::final};

// Two members as they behave by the rules, and a coordinator that may crash at any step.
struct site {
  struct player {
    reported has;
    bool reachable = true;
    epoch obeys;
  };
  player players[2];
  selection_state stored;
  std::optional<selection> coordinator;
  std::uint64_t now = 0;
  std::vector<selection_action> seen;  // those that are neither messages nor persistence
  int crash_after = -1;                // actions; -1: never
  // The state can't be written: behind so many attempts, so many times.
  int persists = 0, persists_good = 0, persists_bad = 0;
  error why = locked;
  bool reaches_disk = false;  // all the same

  explicit site(reported a, reported b) {
    players[0].has = std::move(a);
    players[1].has = std::move(b);
  }
  void start() {
    coordinator.emplace(settings(), stored);
    for (std::size_t i = 0; i < 2 && coordinator; ++i)
      if (players[i].reachable) connect(i);
  }
  void connect(std::size_t i) {
    member_hello hello;
    hello.selection_epoch = players[i].obeys;
    act(coordinator->on_connected(i, hello, now));
  }
  void take_over(std::optional<marker_number> named = {}, uuid id = lineage_no(1)) {
    if (coordinator) act(coordinator->take_over(named, id, now));
  }
  void pass(std::uint64_t us) {
    now += us;
    if (coordinator) act(coordinator->on_time(now));
  }
  void act(const selection_actions& actions) {
    for (const auto& a : actions) {
      if (!coordinator) return;
      if (crash_after == 0) {
        coordinator.reset();
        return;
      }
      if (crash_after > 0) --crash_after;
      perform(a);
    }
  }
  void perform(const selection_action& a) {
    if (const auto* p = std::get_if<persist_selection>(&a)) {
      persist(p->state);
    } else if (const auto* s = std::get_if<send_control>(&a)) {
      expect_kept(s->message);
      if (players[s->member].reachable) deliver(s->member, s->message);
    } else {
      seen.push_back(a);
    }
  }
  // Nothing leaves that rests on what the disk does not hold.
  void expect_kept(const control_message& m) const {
    const auto* r = std::get_if<report>(&m);
    const auto* a = std::get_if<apply>(&m);
    const auto* p = std::get_if<promote>(&m);
    EXPECT_TRUE(!r || r->selection_epoch == stored.current);
    EXPECT_TRUE(!a || a->marker == stored.choice);
    EXPECT_TRUE(!p || stored.takeover == (takeover_decision{p->marker, p->opened, false}));
  }
  void persist(const selection_state& state) {
    ++persists;
    const bool fails = persists > persists_good && persists <= persists_good + persists_bad;
    if (!fails || reaches_disk) stored = state;
    if (fails)
      act(coordinator->on_persist_failed(state, why, now));
    else
      act(coordinator->on_persisted(state, now));
  }
  bool refuses(std::size_t i, epoch e, const char* about) {
    player& p = players[i];
    p.obeys = std::max(p.obeys, e);
    if (e == p.obeys) return false;
    act(coordinator->on_refused(i, {about, "lower epoch", {}, p.obeys, {}}, now));
    return true;
  }
  void deliver(std::size_t i, const control_message& m) {
    reported& has = players[i].has;
    if (const auto* r = std::get_if<report>(&m)) {
      if (r->claim && r->selection_epoch == players[i].obeys)
        return act(coordinator->on_refused(
            i, {"REPORT", "claimed before", {}, players[i].obeys, {}}, now));
      if (refuses(i, r->selection_epoch, "REPORT")) return;
      has.selection_epoch = r->selection_epoch;
      act(coordinator->on_reported(i, has, now));
    } else if (const auto* y = std::get_if<apply>(&m)) {
      if (refuses(i, y->selection_epoch, "APPLY")) return;
      ASSERT_FALSE(y->marker < has.target) << "told to go back";
      ASSERT_FALSE(has.promoted) << "APPLY to a promoted member";
      has.target = has.applied = y->marker;
      std::erase_if(has.markers, [&](const auto& e) { return e.marker < y->marker; });
      act(coordinator->on_applied(i, {y->selection_epoch, y->marker}, now));
    } else if (const auto* q = std::get_if<promote>(&m)) {
      if (refuses(i, q->selection_epoch, "PROMOTE")) return;
      ASSERT_EQ(has.applied, q->marker) << "promoted elsewhere than applied";
      has.promoted = promotion{q->marker, sequence(1), q->opened};
      act(coordinator->on_promoted(i, {q->selection_epoch, q->marker, 3, 4096}, now));
    }
  }
  template <class T>
  const T* saw() const {
    return action<T>(seen);
  }
};

}  // namespace cairn::selection_tests

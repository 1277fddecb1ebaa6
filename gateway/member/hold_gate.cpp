#include "gateway/member/hold_gate.h"

#include <cerrno>

namespace cairn {

// Takes out what is not withheld (any longer).
std::vector<hold_gate::completion> hold_gate::let_go(state& s) {
  std::vector<completion> out;
  std::vector<waiting> kept;
  for (auto& w : s.withheld) {
    if (s.rules.withheld(w.seq))
      kept.push_back(std::move(w));
    else
      out.push_back(std::move(w.done));
  }
  s.withheld = std::move(kept);
  return out;
}

template <class F>
auto hold_gate::change(F&& f) {
  return inner_.with([&](state& s) {
    auto out = f(s);
    engaged_ = s.rules.engaged();
    return out;
  });
}

result<sequence> hold_gate::take(const mark& m, hold::time now,
                                 const std::function<result<sequence>()>& insert) {
  const auto refused = change([&](state& s) -> std::optional<std::string> {
    if (s.settling) return "the void of the marker before is still being journaled";
    auto why = s.rules.refusal(m);
    if (!why) s.rules.begin(m, now);
    return why;
  });
  if (refused) return fail(EAGAIN, *refused);
  auto at = insert();
  bool held = false;
  const auto free = change([&](state& s) {
    if (at)
      held = s.rules.inserted(m.marker, *at);
    else
      s.rules.not_inserted(m.marker);
    return let_go(s);
  });
  for (const auto& done : free) done();
  if (at && !held) return fail(EAGAIN, "the hold ended before the marker was in the journal");
  return at;
}

bool hold_gate::keep(sequence at, const completion& done) {
  return inner_.with([&](state& s) {
    if (!s.rules.withheld(at)) return false;
    s.withheld.push_back({at, done});
    return true;
  });
}

template <class F>
std::optional<hold_gate::opened> hold_gate::open_by(F&& decide) {
  return change([&](state& s) -> std::optional<opened> {
    auto how = decide(s);
    if (!how) return std::nullopt;
    return opened{std::move(*how), let_go(s)};
  });
}

std::optional<hold_gate::opened> hold_gate::on_release(const release& r, incarnation current,
                                                       hold::time now) {
  return open_by([&](state& s) { return s.rules.on_release(r, current, now); });
}

std::optional<hold_gate::opened> hold_gate::on_abandon(const abandon& a, hold::time now) {
  return open_by([&](state& s) { return s.rules.on_abandon(a, now); });
}

std::optional<hold_gate::opened> hold_gate::on_time(hold::time now) {
  return open_by([&](state& s) {
    auto how = s.rules.on_time(now);
    if (how) s.settling = true;
    return how;
  });
}

void hold_gate::settled() {
  inner_.with([](state& s) { s.settling = false; });
}

std::optional<hold::time> hold_gate::deadline() const {
  return inner_.with([](const state& s) { return s.rules.deadline(); });
}

std::pair<epoch, marker_number> hold_gate::highest() const {
  return inner_.with(
      [](const state& s) { return std::pair(s.rules.highest_epoch(), s.rules.highest_marker()); });
}

}  // namespace cairn

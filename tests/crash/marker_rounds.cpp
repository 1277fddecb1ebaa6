#include "tests/crash/marker_rounds.h"

namespace cairn {
namespace {

constexpr epoch only{1};
constexpr std::chrono::milliseconds hold_limit{50};

}  // namespace

void marker_rounds::step() {
  at_.pass_time(std::chrono::milliseconds(5));
  if (!held_) return begin();
  const auto held = *std::exchange(held_, std::nullopt);
  switch (at_.random.below(4)) {
    case 0:
      return at_.core().rounds()->on_abandon({held.marker}, at_.now());
    case 1:
      at_.pass_time(hold_limit);
      return at_.core().hold_step(at_.now());
    default:
      return at_.core().rounds()->on_release({held.marker, held.by}, at_.now());
  }
}

void marker_rounds::begin() {
  last_ = last_.next();
  const mark m{{last_, only}, {"m1", "m2"}, static_cast<std::uint32_t>(hold_limit.count())};
  at_.core().rounds()->on_mark(m, at_.now(), [this](const control_message& a) { answered(a); });
}

void marker_rounds::answered(const control_message& m) {
  if (const auto* i = std::get_if<inserted>(&m)) held_ = *i;
  const auto* o = std::get_if<outcome>(&m);
  if (o == nullptr || !o->sealed) return;
  const auto known = at_.log().marker(o->marker);
  if (!known || !known->seal_at) return at_.blame("a seal was told that is not in the journal");
  sealed_[o->marker] = known->seal_at;
  ++at_.seen.sealed;
}

void marker_rounds::finish() {
  held_.reset();
  at_.pass_time(2 * hold_limit);
  at_.core().hold_step(at_.now());
}

void marker_rounds::judge_recovery() {
  held_.reset();
  for (const auto& [id, at] : sealed_) {
    const auto known = at_.log().marker(id);
    if (known ? known->seal_at == at && !known->voided : at <= at_.log().trimmed()) continue;
    at_.blame("the seal of marker " + std::to_string(id.number.value) + " is lost");
  }
}

}  // namespace cairn

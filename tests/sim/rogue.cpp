#include "tests/sim/rogue.h"

#include <fmt/format.h>

namespace cairn::sim {
namespace {

constexpr std::uint64_t extreme = ~std::uint64_t{0} >> 1;  // that a frame can carry

// All of a member that a message could change.
struct standing {
  member_state state;
  sequence assigned;
  member_hello known;
  std::optional<monotonic_time> held;
  friend bool operator==(const standing&, const standing&) = default;
};

standing standing_of(member& m) {
  return {m.log().state(), m.log().assigned(), m.welcome(), m.hold_deadline()};
}

const char* kind_of(const control_message& m) {
  if (std::holds_alternative<mark>(m)) return "MARK";
  if (std::holds_alternative<release>(m)) return "RELEASE";
  if (std::holds_alternative<abandon>(m)) return "ABANDON";
  if (std::holds_alternative<report>(m)) return "REPORT";
  if (std::holds_alternative<apply>(m)) return "APPLY";
  return "PROMOTE";
}

}  // namespace

marker_id rogue::from_nowhere() {
  static constexpr std::uint64_t numbers[] = {0, 1, 3, 1000, extreme / 2, extreme};
  const auto any = [&] { return numbers[world_.fate.below(std::size(numbers))]; };
  return {marker_number(any()), epoch(any())};
}

// To a member that obeys such messages: only of an epoch that is over, or of no hold.
control_message rogue::of_round(sim_gateway& g, bool wrong_role) {
  auto m = from_nowhere();
  const auto kind = world_.fate.below(3);
  if (kind == 0) {
    const auto known = g.core().welcome().marker_epoch;
    if (!wrong_role) m.made_in = epoch(world_.fate.below(std::max<std::uint64_t>(known.value, 1)));
    return mark{m, {"m0", "m1", "stranger"}, 5};
  }
  if (kind == 1) return release{m, incarnation(m.made_in.value)};
  return abandon{m};
}

control_message rogue::of_selection(sim_gateway& g, bool wrong_role) {
  const auto known = g.core().log().state().selection_epoch;
  const auto m = from_nowhere();
  auto e = m.made_in;
  const auto kind = world_.fate.below(3);
  if (!wrong_role) e = epoch(world_.fate.below(std::max<std::uint64_t>(known.value, 1)));
  // Of a marker that is there, too.
  const auto newest = g.core().log().newest_marker();
  const auto about = newest && world_.fate.chance(50) ? newest->body.marker : m;
  if (kind == 0) return report{e, world_.fate.chance(50)};
  if (kind == 1) return apply{e, about};
  return promote{e, about, world_.random.make_uuid()};
}

// Nothing, where a member would have to obey it: no epoch is over while none was seen.
std::optional<control_message> rogue::some_message(sim_gateway& g) {
  auto& m = g.core();
  const bool secondary = m.role() == member_role::secondary;
  const bool obeys_rounds = m.role() == member_role::primary;
  const bool obeys_selection = secondary || m.log().state().promoted;
  if (world_.fate.chance(50)) {
    if (obeys_rounds && !m.welcome().marker_epoch) return std::nullopt;
    return of_round(g, !obeys_rounds);
  }
  if (obeys_selection && !m.log().state().selection_epoch) return std::nullopt;
  return of_selection(g, !obeys_selection);
}

bool rogue::must_be_refused(const control_message& m, sim_gateway& g) const {
  const bool silent = std::holds_alternative<release>(m) || std::holds_alternative<abandon>(m);
  return !silent || g.core().role() != member_role::primary;
}

void rogue::disturb(sim_gateway& g) {
  if (!g.ready() || !g.may_wait()) return;
  auto& m = g.core();
  const auto before = standing_of(m);
  const auto message = some_message(g);
  if (!message) return;
  const auto& what = *message;
  const bool refused = must_be_refused(what, g);
  std::optional<control_message> answer;
  const auto session =
      std::make_shared<control_session>(m, [&](const control_message& a) { answer = a; });
  const auto life = g.life();
  session->obey(what, g.clock());
  if (!g.up() || g.life() != life) return;
  world_.met.meet(situation::rogue_message);
  SIM_TRACE(world_, "gateway {} is sent a rogue {}", g.index(), kind_of(what));
  if (standing_of(m) != before)
    world_.fail(fmt::format("a rogue {} changed gateway {}", kind_of(what), g.index()));
  if (refused && !(answer && std::holds_alternative<control_refusal>(*answer)))
    world_.fail(fmt::format("a rogue {} is not refused by gateway {}", kind_of(what), g.index()));
}

void rogue::exhaust(sim_gateway& g) {
  if (!g.ready() || !g.may_wait() || !g.core().rounds()) return;
  const marker_id last{marker_number(extreme), epoch(extreme)};
  const auto session = std::make_shared<control_session>(g.core(), [](const control_message&) {});
  session->obey(mark{last, {"m0", "m1"}, 5}, g.clock());
}

}  // namespace cairn::sim

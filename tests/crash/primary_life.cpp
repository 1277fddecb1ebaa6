#include "tests/crash/primary_life.h"

#include "tests/crash/member_lives.h"

namespace cairn {
namespace {

constexpr std::uint64_t steps_max = 90;

}  // namespace

void primary_life::judge_recovery() {
  hosts_.judge_recovery();
  rounds_.judge_recovery();
  of_.came_up();
}

void primary_life::live() {
  of_.amid_append = [this] { amid_append(); };
  of_.amid_sync = [this] { hosts_.ask(true); };
  of_.may_die_soon();
  for (auto left = of_.random.below(steps_max); left > 0 && of_.alive(); --left) step();
  if (of_.alive() && of_.random.below(4) == 0) {
    rounds_.finish();
    if (of_.alive()) of_.settle(hosts_.visible());
  }
  of_.amid_append = of_.amid_sync = {};
  of_.end();
}

void primary_life::step() {
  const auto what = of_.random.below(12);
  if (what < 6)
    hosts_.ask(false);
  else if (what < 8)
    rounds_.step();
  else
    of_.one_step();
  hosts_.note_durable();
}

// Any other thread may go on while a record is being written.
void primary_life::amid_append() {
  if (of_.random.below(2) == 0)
    hosts_.ask(true);
  else
    of_.one_step();
}

std::string live_as_primary(std::uint64_t seed, int lives, cut_counts& seen,
                            const forgotten_syncs& forgets) {
  mortal_member m(seed, member_role::primary, seen, forgets);
  primary_life life(m, {mortal_member::volumes, mortal_member::volume_bytes}, {});
  for (int i = 0; i < lives && m.violation.empty(); ++i) {
    m.start();
    if (m.alive()) life.judge_recovery();
    if (m.alive()) life.live();
  }
  return m.violation;
}

}  // namespace cairn

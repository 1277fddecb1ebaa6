#include "tests/sim/host.h"

#include <cerrno>

#include <fmt/format.h>

namespace cairn::sim {

sim_host::sim_host(world& w, oracle& judge, std::vector<sim_gateway*> targets,
                   std::uint64_t volume_bytes, std::size_t volumes)
    : world_(w),
      oracle_(judge),
      targets_(std::move(targets)),
      volume_bytes_(volume_bytes),
      volumes_(volumes),
      pipelining_(w.random.chance(50) ? 0 : 40) {}

void sim_host::start() {
  running_ = true;
  ++turn_;
  turn();
}

void sim_host::move_to(std::vector<sim_gateway*> targets) {
  targets_ = std::move(targets);
  known_.reset();
  waiting_.clear();
}

void sim_host::turn() {
  world_.after(world_.random.between(100, 4'000), [this, mine = turn_] {
    if (!running_ || mine != turn_) return;
    act();
    turn();
  });
}

// An operation whose gateway is gone is never acknowledged; the host goes on without it.
bool sim_host::idle() {
  std::erase_if(waiting_, [](const auto& p) { return !p.at->up() || p.at->life() != p.life; });
  return waiting_.empty();
}

bool sim_host::must_wait() { return !idle() && !world_.random.chance(pipelining_); }

void sim_host::act() {
  if (must_wait()) return;
  auto& gateway = *targets_[world_.random.below(targets_.size())];
  if (!gateway.ready()) return;
  const auto roll = world_.random.below(100);
  if (roll < 62 && oracle_.room())
    write(gateway);
  else if (roll < 88)
    read(gateway);
  else
    flush(gateway);
}

byte_range sim_host::some_range(std::uint64_t sectors_max) {
  const auto all = volume_bytes_ / sector_bytes;
  // Half of it in one corner, so that writes overlap.
  const auto corner = world_.random.chance(50) ? all / 8 : all;
  const auto count = world_.random.between(1, std::min(sectors_max, corner));
  return {world_.random.below(corner - count + 1) * sector_bytes, count * sector_bytes};
}

void sim_host::write(sim_gateway& to) {
  const bool clears = world_.random.chance(15);
  const auto kind = !clears                    ? record_kind::write
                    : world_.random.chance(50) ? record_kind::zero
                                               : record_kind::trim;
  const bool fua = to.may_wait() && world_.random.chance(12);
  const auto volume = world_.random.below(volumes_);
  const auto op = oracle_.begin(known_, to.index(), volume, kind, some_range(clears ? 64 : 12));
  SIM_TRACE(world_, "host: {} w{} to gateway {} volume {} [{}, {}){}", name_of(kind), op.id,
            to.index(), volume, op.range.offset, op.range.end(), fua ? " FUA" : "");
  waiting_.push_back({op.id, &to, to.life()});
  to.write(op, fua, [this, &to, id = op.id, fua](result<void> r) { answered(to, id, fua, r); });
  if (!idle() && waiting_.back().op == op.id) world_.met.meet(situation::held_write);
}

void sim_host::refused(const sim_gateway& by, op_id op, const error& why) {
  SIM_TRACE(world_, "host: w{} refused: {}", op, why.text);
  oracle_.refused(op);
  if (why.code == ENOSPC) world_.met.meet(situation::journal_full);
  if (why.code != ENOSPC && why.code != EROFS && !by.hurt())
    world_.fail(fmt::format("w{} is refused: {}", op, why.text));
}

void sim_host::answered(sim_gateway& by, op_id op, bool fua, const result<void>& r) {
  std::erase_if(waiting_, [&](const auto& p) { return p.op == op; });
  if (!r) return refused(by, op, r.error());
  SIM_TRACE(world_, "host: w{} acknowledged", op);
  if (by.primary_site() && oracle_.taken_over()) world_.met.meet(situation::written_on_both_sides);
  oracle_.acknowledged(op, fua);
  known_ |= oracle_.knowledge_of(op);
}

void sim_host::read(sim_gateway& from) {
  const auto volume = world_.random.below(volumes_);
  const auto range = some_range(32);
  bytes got(range.length);
  if (from.core().hold_deadline()) world_.met.meet(situation::read_while_held);
  if (from.appending()) world_.met.meet(situation::read_while_appending);
  if (auto done = from.core().read(volume, got, range.offset); !done) {
    if (from.hurt()) return;
    world_.fail("a read is refused: " + done.error().text);
  }
  if (from.rotten()) return;
  known_ |= oracle_.read(from.index(), from.core(), volume, range.offset, got);
}

void sim_host::flush(sim_gateway& at) {
  if (!at.may_wait()) return;
  const auto covered = oracle_.acknowledged_at(at.index());
  const auto life = at.life();
  const auto done = at.core().flush(world_.random.below(volumes_));
  if (at.life() != life || !at.up()) return;
  if (!done && at.hurt()) return;
  if (!done) world_.fail("FLUSH fails: " + done.error().text);
  oracle_.flushed(covered);
}

}  // namespace cairn::sim

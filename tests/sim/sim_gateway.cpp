#include "tests/sim/sim_gateway.h"

#include <cerrno>

#include <fmt/format.h>

namespace cairn::sim {
namespace {

constexpr unsigned depth_max = 3;  // of events within events

}  // namespace

sim_gateway::sim_gateway(world& w, oracle& judge, std::size_t index, member_config config)
    : control(w, judge, *this),
      sender(w, *this),
      receiver(w, *this),
      world_(w),
      oracle_(judge),
      index_(index),
      config_(std::move(config)),
      disk_(store_) {
  watch();
}

sim_gateway::~sim_gateway() = default;

std::function<void()> sim_gateway::guarded(std::function<void()> what) {
  return [this, mine = generation_, what = std::move(what)] { resume(mine, what); };
}

void sim_gateway::resume(unsigned life, const std::function<void()>& what) {
  if (life != generation_ || bury()) return;
  if (!stopped()) return what();
  world_.after(stopped_until_ - world_.now(), [this, life, what] { resume(life, what); });
}

// Not in the middle of an append, which would end all the same.
void sim_gateway::stop_for(time_us length) {
  if (!ready() || appending()) return;
  SIM_TRACE(world_, "gateway {} is stopped for {} us", index_, length);
  world_.met.meet(situation::stopped_process);
  stopped_until_ = world_.now() + length;
}

// ---- what the disk sees

void sim_gateway::watch() {
  disk_watch w;
  w.record_begins = [this](byte_view header, byte_view data) { begin_record(header, data); };
  w.record_failed = [this] {
    if (store_.died()) world_.met.meet(situation::torn_write);
  };
  disk_.watch(std::move(w));
}

// The record has its sequence, its bytes are not written yet: any other thread of this process, and
// any other process, may go on here.
void sim_gateway::begin_record(byte_view header, byte_view data) {
  if (!up()) return;
  oracle_.record_begins(index_, header, data);
  if (starting_ || !oracle_.has_own_journal(index_) || world_.depth() >= depth_max) return;
  if (hangs_for_ != 0 && world_.depth() == 0) return hang();
  if (!world_.random.chance(25)) return;
  if (appending_++ > 0) world_.met.meet(situation::overlapping_appends);
  world_.run_nested(static_cast<unsigned>(world_.random.between(1, 12)));
  --appending_;
}

// I11: whatever the disk does, a hold ends in time.
void sim_gateway::hang() {
  constexpr std::chrono::milliseconds slack{20};  // a thread's turn comes late here
  const auto life = generation_;
  SIM_TRACE(world_, "gateway {}: its disk hangs for {} us", index_, hangs_for_);
  world_.met.meet(situation::hung_disk);
  ++appending_;
  world_.run_nested_for(std::exchange(hangs_for_, 0));
  if (life != generation_) return;
  --appending_;
  if (!up()) return;
  const auto until = core_->hold_deadline();
  if (until && *until + slack < clock())
    world_.fail(fmt::format("I11: gateway {} holds acknowledgements while its disk hangs", index_));
}

// ---- life

void sim_gateway::die(bool power) {
  if (!up_) return;
  SIM_TRACE(world_, "gateway {} {}", index_, power ? "loses its power" : "is killed");
  up_ = false;
  stopped_until_ = 0;
  ++generation_;
  // What an fsync has failed to write is not on the disk, as after a loss of power.
  oracle_.died(index_, power || (hurt() && world_.ordeal == ordeal::failed_sync));
  if (power)
    store_.power_cut(world_.random);
  else
    store_.kill();
  if (core_) world_.met.meet(situation::recycled_segment, core_->log().usage().recycled);
  control.died();
  sender.died();
  receiver.died();
}

void sim_gateway::die_later(bool power, unsigned operations) {
  dies_by_power_ = power;
  store_.die_after(operations);
}

sim_gateway::backup sim_gateway::copy() {
  const auto& log = core_->log();
  return {store_.copy(), oracle_.journal_of(index_), log.current(), log.assigned()};
}

void sim_gateway::put_back(const backup& from) {
  SIM_TRACE(world_, "gateway {} is put back to record {}", index_, from.end.value);
  target_before_ = std::max(target_before_, core_->log().state().target_sequence);
  die(false);
  went_back_ = true;
  store_.put_back(from.files);
  oracle_.put_back(index_, from.log);
}

// Whether the process died by itself; then the rest of the world takes note.
bool sim_gateway::bury() {
  if (!store_.died()) return false;
  die(dies_by_power_);
  return true;
}

void sim_gateway::start_later(time_us delay) {
  world_.after(delay, [this] {
    if (world_.depth() > 0) return start_later(500);  // it may still be in the middle of dying
    start();
  });
}

void sim_gateway::enlarge(std::uint64_t bytes) {
  if (config_.journal_size_bytes >= bytes) return;
  config_.journal_size_bytes = bytes;
  die(false);
}

void sim_gateway::start() {
  bury();
  if (up_) return;
  const auto before = core_ ? core_->log().assigned() : sequence{};
  core_.reset();
  ++generation_;
  appending_ = 0;
  if (world_.faults && world_.random.chance(15))
    die_later(world_.random.chance(50), static_cast<unsigned>(world_.random.between(1, 40)));
  starting_ = up_ = true;
  auto opened = member::open(disk_, config_, fmt::format("g{}", index_), {}, world_.random);
  starting_ = false;
  if (opened) core_ = std::move(*opened);
  if (bury()) {
    world_.met.meet(situation::died_in_recovery);
    return start_later(world_.random.between(1'000, 30'000));
  }
  if (!opened && give_up_start()) return;
  if (!opened)
    world_.fail(fmt::format("gateway {} does not start: {}", index_, opened.error().text));
  mind_recovery(before);
  receiver.start();
  sender.start();
  after(world_.random.below(2'000), [this] { step(); });
}

// Its disk is to blame: somebody starts it again, later.
bool sim_gateway::give_up_start() {
  if (!hurt()) return false;
  die(false);
  if (!rotten_) start_later(world_.random.between(5'000, 30'000));
  return true;
}

void sim_gateway::rot(dice& fate) {
  const std::string segments = config_.journal + "/segments";
  const auto names = store_.list(segments);
  if (!names) return;
  for (const auto& name : *names)
    for (int i = 0; i < 3; ++i)
      store_.flip_bit(segments + "/" + name, fate.below(config_.segment_bytes / 2),
                      static_cast<unsigned>(fate.below(8)));
  rotten_ = true;
}

void sim_gateway::mind_recovery(sequence before) {
  auto& log = core_->log();
  SIM_TRACE(world_, "gateway {} is up: {} of {} records, start {}, target {}", index_,
            log.assigned().value, before.value, log.current().value,
            log.state().target_sequence.value);
  ++starts_unheard;
  if (!oracle_.has_own_journal(index_) && log.assigned() < before)
    world_.met.meet(situation::secondary_cut);
  oracle_.recovered(index_, *core_);
  oracle_.check_volumes(index_, *core_);
  oracle_.check_watermarks(index_, *core_);
}

// ---- what its threads do

void sim_gateway::step() {
  one_step();
  if (bury()) return;
  after(world_.random.between(200, 6'000), [this] { step(); });
}

void sim_gateway::one_step() {
  core_->hold_step(clock());
  switch (up() ? world_.random.below(10) : 9) {
    case 0:
    case 1:
    case 2:
    case 3:
      core_->sync_step();
      break;
    case 4:
    case 5:
      core_->catalog_step();
      break;
    case 6:
    case 7:
      core_->destage_step();
      break;
    case 8:
      core_->backing_step();
      break;
    default:
      break;
  }
  if (!up()) return;
  check_failure();
  receiver.tell();
  oracle_.check_watermarks(index_, *core_);
}

// A full file system, or want of a descriptor, is waited for. A failed fsync is final (I9): the
// journal has failed by name.
void sim_gateway::check_failure() {
  const bool passes = world_.ordeal == ordeal::disk_full || world_.ordeal == ordeal::no_descriptors;
  if (passes && core_->log().failure())
    world_.fail(fmt::format("gateway {}: what passes has failed the journal for good: {}", index_,
                            *core_->log().failure()));
  if (world_.ordeal != ordeal::failed_sync || !hurt()) return;
  const auto path = store_.fault_path();
  if (path.find("/segments/") == std::string::npos) return;
  const auto why = core_->log().failure();
  if (!why) world_.fail(fmt::format("I9: fdatasync of {} failed, and the journal goes on", path));
  if (why->find(path) == std::string::npos)
    world_.fail(fmt::format("I9: fdatasync of {} failed, and the journal says: {}", path, *why));
}

void sim_gateway::write(const operation& op, bool fua, acknowledge done) {
  const auto alive = [this, mine = generation_, done = std::move(done)](result<void> r) {
    if (mine != generation_ || !up()) return;
    full_ = !r && r.error().code == ENOSPC;
    done(std::move(r));
  };
  if (op.kind != record_kind::write) return core_->clear(op.volume, op.kind, op.range, fua, alive);
  const auto data = content_of(op);
  core_->write(op.volume, data, op.range.offset, fua, alive);
}

}  // namespace cairn::sim

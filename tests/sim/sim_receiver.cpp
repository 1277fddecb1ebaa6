#include "tests/sim/sim_receiver.h"

#include <fmt/format.h>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {
namespace {

constexpr time_us heartbeat = 50'000;

}  // namespace

void sim_receiver::accept(wire c) {
  all_.push_back(c);
  const std::weak_ptr<link_connection> weak = c;
  c->attach(1, {[this, weak](const link_message& m) {
                  const auto live = weak.lock();
                  if (!live || !owner_.up()) return;
                  busy_ = true;
                  on_message(live, m);
                  busy_ = false;
                },
                [this, raw = c.get()] {
                  if (current_.get() == raw) current_.reset();
                },
                [this] { return busy_ || owner_.appending(); }});
}

void sim_receiver::died() {
  for (auto& weak : all_)
    if (const auto c = weak.lock()) c->cut(1);
  all_.clear();
  current_.reset();
  busy_ = false;
}

void sim_receiver::on_message(const wire& c, const link_message& m) {
  if (const auto* h = std::get_if<hello>(&m)) return greet(c, *h);
  if (c != current_) return;
  if (const auto* s = std::get_if<stretch>(&m)) take(*s);
}

receiver_state sim_receiver::known() {
  auto& log = owner_.core().log();
  const auto s = log.state();
  receiver_state out;
  out.group = owner_.core().config().group;
  out.member = owner_.core().config().name;
  out.role = s.role;
  out.lineages = s.lineages;
  out.starts = log.starts();
  for (const auto& v : log.volumes())
    out.volumes.push_back({v.index, v.id, v.name, v.size_bytes, v.naa, v.serial, v.born_empty});
  out.last = log.assigned();
  out.never_below = s.target_sequence;
  for (const auto& m : log.markers(s.target_sequence))
    out.never_below = std::max(out.never_below, m.seal_at);
  return out;
}

void sim_receiver::greet(const wire& c, const hello& theirs) {
  const auto verdict = judge_hello(theirs, known());
  if (const auto* no = std::get_if<refusal>(&verdict)) {
    SIM_TRACE(world_, "gateway {} refuses HELLO: {}", owner_.index(), no->reason);
    c->send(1, *no);
    return c->cut(1);
  }
  if (current_ && current_ != c) current_->cut(1);
  current_.reset();
  if (!obey(theirs, std::get<hello_accepted>(verdict)) || !owner_.up()) return c->cut(1);
  auto& log = owner_.core().log();
  current_ = c;
  decides_.emplace(theirs, log.assigned());
  if (primary_->starts_unheard > 1) world_.met.meet(situation::double_restart);
  primary_->starts_unheard = 0;
  hello_answer answer;
  answer.last = answer.stored = log.assigned();
  SIM_TRACE(world_, "gateway {} answers HELLO: has {}", owner_.index(), answer.last.value);
  c->send(1, answer);
}

// What the verdict asks for, each durable before the answer.
bool sim_receiver::obey(const hello& theirs, const hello_accepted& verdict) {
  auto& log = owner_.core().log();
  auto* const core = owner_.core().arrivals();
  if (!core) return false;
  if (verdict.adopt_volumes && !core->adopt_volumes(theirs.volumes)) return false;
  if (verdict.learn_lineages || verdict.learn_starts) {
    if (verdict.keep_to < log.assigned()) world_.met.meet(situation::truncation);
    SIM_TRACE(world_, "gateway {} keeps {} of {}", owner_.index(), verdict.keep_to.value,
              log.assigned().value);
    if (!core->follow(theirs, verdict.keep_to)) return false;
  }
  if (!log.sync()) return false;
  core->stored_advanced();
  return true;
}

void sim_receiver::take(const stretch& s) {
  const auto verdict = decides_->on_stretch(s);
  if (const auto* no = std::get_if<stretch_refused>(&verdict))
    world_.fail(fmt::format("gateway {} refuses a stretch: {}", owner_.index(), no->why));
  if (const auto* bad = std::get_if<link_damage>(&verdict))
    world_.fail(fmt::format("gateway {} finds record {} damaged: {}", owner_.index(), bad->at.value,
                            bad->what));
  const auto& fresh = std::get<std::vector<arrived_record>>(verdict);
  if (fresh.empty()) return;
  std::vector<received_record> records;
  for (const auto& r : fresh) records.push_back({r.what, r.data});
  auto* const core = owner_.core().arrivals();
  if (!core) return current_->cut(1), current_.reset();
  const auto done = core->append_received(records);
  if (!owner_.up()) return;
  if (!done && done.error().code != ENOSPC && done.error().code != EROFS)
    world_.fail("appending what was received: " + done.error().text);
  if (!done) return current_->cut(1), current_.reset();
  decides_->on_appended(fresh.back().what.seq);
  tell();
}

void sim_receiver::tell() {
  if (!current_) return;
  decides_->on_stored(owner_.core().log().durable());
  const auto s = owner_.core().log().state();
  const auto now = decides_->progress(s.target, s.target_sequence);
  if (now == told_ && world_.now() < told_at_ + heartbeat) return;
  told_ = now;
  told_at_ = world_.now();
  current_->send(1, now);
}

}  // namespace cairn::sim

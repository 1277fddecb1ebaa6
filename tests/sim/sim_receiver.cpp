#include "tests/sim/sim_receiver.h"

#include <fmt/format.h>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {
namespace {

constexpr time_us heartbeat = 50'000;

}  // namespace

void sim_receiver::start() {
  end_.emplace(owner_.core(), [](bool) {});  // its process syncs when it happens to
}

void sim_receiver::died() {
  for (auto& weak : all_)
    if (const auto c = weak.lock()) c->cut(1);
  all_.clear();
  current_.reset();
  busy_ = false;
}

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
                  if (current_.get() != raw) return;
                  current_.reset();
                  if (owner_.up()) end_->on_lost("the connection was lost");
                },
                [this] { return busy_ || !owner_.may_wait(); }});
}

void sim_receiver::on_message(const wire& c, const link_message& m) {
  if (const auto* h = std::get_if<hello>(&m)) return greet(c, *h);
  if (c != current_) return;
  const auto last_word = end_->on_message(m);
  if (!owner_.up()) return;
  if (!last_word && owner_.core().role() != member_role::secondary)
    world_.fail(
        fmt::format("I8: gateway {} was taken over, and its primary is not told", owner_.index()));
  if (last_word) return part(std::exchange(current_, nullptr), *last_word);
  tell();
}

void sim_receiver::greet(const wire& c, const hello& theirs) {
  auto& log = owner_.core().log();
  const auto had = log.assigned();
  const auto verdict = end_->on_hello(theirs);
  if (!owner_.up()) return c->cut(1);
  if (const auto* no = std::get_if<refusal>(&verdict)) {
    SIM_TRACE(world_, "gateway {} refuses HELLO: {}", owner_.index(), no->reason);
    c->send(1, *no);
    return c->cut(1);
  }
  mind_copies();
  if (current_ && current_ != c) current_->cut(1);
  current_ = c;
  const auto& answer = std::get<hello_answer>(verdict);
  if (answer.last < had) world_.met.meet(situation::truncation);
  if (primary_->starts_unheard > 1) world_.met.meet(situation::double_restart);
  primary_->starts_unheard = 0;
  SIM_TRACE(world_, "gateway {} answers HELLO: has {} of {}", owner_.index(), answer.last.value,
            had.value);
  c->send(1, answer);
}

// A primary that went back must not be taken. A secondary that did may be, for all that is known
// today, if its primary still has what is missing.
void sim_receiver::mind_copies() const {
  const bool lost = owner_.was_put_back() && world_.ordeal == ordeal::secondary_back_in_silence &&
                    owner_.core().log().state().target_sequence < owner_.target_before();
  if (lost || primary_->was_put_back())
    world_.fail(
        fmt::format("L6: gateway {}, put back from a copy, is taken as if nothing had happened",
                    lost ? owner_.index() : primary_->index()));
}

// Between correct processes a connection ends for want of space, or because of a takeover.
void sim_receiver::part(const wire& c, const link_message& last_word) {
  if (const auto* bad = std::get_if<link_damage>(&last_word))
    world_.fail(fmt::format("gateway {} finds record {} damaged: {}", owner_.index(), bad->at.value,
                            bad->what));
  const auto& no = std::get<refusal>(last_word);
  if (no.code != refusal_code::blocked && no.code != refusal_code::old_lineage)
    world_.fail(fmt::format("gateway {} ends the link: {}", owner_.index(), no.reason));
  c->send(1, no);
  c->cut(1);
}

void sim_receiver::tell() {
  if (!current_) return;
  end_->on_synced();
  const bool due = world_.now() >= told_at_ + heartbeat;
  const auto news = end_->tell(due);
  if (!news) return;
  told_at_ = world_.now();
  current_->send(1, *news);
}

}  // namespace cairn::sim

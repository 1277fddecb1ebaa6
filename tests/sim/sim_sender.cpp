#include "tests/sim/sim_sender.h"

#include <fmt/format.h>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {
namespace {

sender_settings quick() {
  sender_settings s;
  s.window_records_max = 64;
  s.heartbeat_us = 50'000;
  s.handshake_us = 200'000;
  s.silence_us = 200'000;
  s.stall_us = 400'000;
  s.retry_min_us = 3'000;
  s.retry_max_us = 60'000;
  return s;
}

}  // namespace

void sim_sender::start() {
  end_.reset();
  auto* const source = owner_.core().source();
  if (peer_ == nullptr || owner_.core().role() != member_role::primary) return;
  end_.emplace(owner_.core(), *source, quick(),
               sending_end::wire{
                   [this] { owner_.after(world_.random.between(50, 2'000), [this] { dial(); }); },
                   [this](const link_message& m) {
                     if (wire_) wire_->send(0, m);
                   },
                   [this] { died(); }});
  source->on_progress([this] { wake(); });
  source->want_wake();
  owner_.after(0, [this] { turn(); });
}

void sim_sender::died() {
  if (wire_) wire_->cut(0);
  wire_.reset();
  woken_ = false;
}

void sim_sender::cut() {
  if (wire_) wire_->drop();
}

void sim_sender::wake() {
  if (std::exchange(woken_, true)) return;
  owner_.after(world_.random.below(1'500), [this] {
    woken_ = false;
    owner_.core().source()->want_wake();
    speak();
  });
}

void sim_sender::turn() {
  end_->on_time(owner_.own_time());
  settle();
}

// After whatever happened to it.
void sim_sender::settle() {
  if (!owner_.up()) return;
  judge_link();
  wake();
  const auto at = end_->next_deadline_us();
  if (at == ~std::uint64_t{0}) return;
  owner_.after(at > owner_.own_time() ? owner_.world_time(at - owner_.own_time()) : 100,
               [this, mine = ++armed_] {
                 if (mine == armed_) turn();
               });
}

// Correct peers refuse each other for few reasons.
void sim_sender::judge_link() {
  if (owner_.core().role() == member_role::fenced && !std::exchange(fenced_, true))
    world_.met.meet(situation::fenced);
  const auto s = owner_.core().status();
  tolerated_ = tolerated_ || owner_.hurt() || peer_->hurt() || owner_.was_put_back() ||
               peer_->was_put_back();
  if (s.link == link_state::refused && s.role == member_role::primary && !tolerated_)
    world_.fail(
        fmt::format("the link of gateway {} is refused: {}", owner_.index(), s.link_because));
}

void sim_sender::dial() {
  if (!*reachable_ || !peer_->up()) {
    end_->on_lost("no way to the peer", owner_.own_time());
    return settle();
  }
  died();
  auto c = std::make_shared<link_connection>(world_);
  const std::weak_ptr<link_connection> weak = c;
  wire_ = c;
  c->attach(0, {[this, weak](const link_message& m) {
                  if (const auto live = weak.lock(); live && live == wire_) on_message(m);
                },
                [this, raw = c.get()] {
                  if (wire_.get() != raw) return;
                  end_->on_lost("the connection was lost", owner_.own_time());
                  settle();
                },
                [this] { return owner_.stopped(); }});
  peer_->receiver.accept(c);
  end_->on_connected(owner_.own_time());
  settle();
}

void sim_sender::on_message(const link_message& m) {
  if (std::holds_alternative<link_damage>(m))
    world_.fail("a record was called damaged by the peer");
  const auto* no = std::get_if<refusal>(&m);
  tolerated_ = no && (no->code == refusal_code::busy || no->code == refusal_code::blocked ||
                      no->code == refusal_code::old_lineage);
  end_->on_message(m, owner_.own_time());
  settle();
}

// A stretch at a time; the rest a little later, so that other things get in between.
void sim_sender::speak() {
  if (!wire_) return;
  const auto records = end_->next_stretch(owner_.own_time());
  if (!owner_.up() || !records) return;
  if (wire_) wire_->send(0, *records, true);
  settle();
}

}  // namespace cairn::sim

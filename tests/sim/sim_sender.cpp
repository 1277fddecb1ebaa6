#include "tests/sim/sim_sender.h"

#include <fmt/format.h>

#include "gateway/link/stretch_packer.h"
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
  decides_.reset();
  if (peer_ == nullptr || owner_.core().log().state().role != member_role::primary) return;
  decides_.emplace(quick());
  owner_.core().source()->on_progress([this] { wake(); });
  owner_.core().source()->want_wake();
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

own_watermarks sim_sender::own() {
  own_watermarks w;
  w.trimmed = owner_.core().log().trimmed();
  w.shippable = owner_.core().source()->shippable();
  w.durable = owner_.core().log().durable();
  w.finished = owner_.core().log().finished();
  return w;
}

void sim_sender::turn() {
  perform(decides_->on_time(own(), world_.now()));
  arm();
}

void sim_sender::arm() {
  const auto at = decides_->next_deadline_us();
  if (at == ~std::uint64_t{0}) return;
  owner_.after(at > world_.now() ? at - world_.now() : 100, [this, mine = ++armed_] {
    if (mine == armed_) turn();
  });
}

void sim_sender::perform(const sender_actions& actions) {
  for (const auto& a : actions) perform(a);
  wake();
}

void sim_sender::perform(const sender_action& action) {
  if (std::holds_alternative<open_connection>(action)) {
    owner_.after(world_.random.between(50, 2'000), [this] { dial(); });
  } else if (const auto* send = std::get_if<send_to_peer>(&action)) {
    if (wire_) wire_->send(0, send->message);
  } else if (std::holds_alternative<end_connection>(action)) {
    died();
  } else if (const auto* told = std::get_if<tell_progress>(&action)) {
    owner_.core().source()->peer_progress(told->peer, told->sent);
  } else if (std::holds_alternative<tell_lost>(action)) {
    owner_.core().source()->peer_lost();
  } else if (const auto* state = std::get_if<tell_state>(&action)) {
    SIM_TRACE(world_, "gateway {}: link {} {}", owner_.index(), name_of(state->state),
              state->because);
    owner_.core().set_link(state->state, state->because);
    if (state->state == link_state::refused && !tolerated_)
      world_.fail(
          fmt::format("the link of gateway {} is refused: {}", owner_.index(), state->because));
  } else if (const auto* fence = std::get_if<fence_member>(&action)) {
    world_.met.meet(situation::fenced);
    owner_.core().source()->fence(fence->because);
  } else if (std::holds_alternative<check_record>(action)) {
    world_.fail("a record was called damaged by the peer");
  }
}

void sim_sender::dial() {
  if (!*reachable_ || !peer_->up()) {
    perform(decides_->on_lost("no way to the peer", world_.now()));
    return arm();
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
                  perform(decides_->on_lost("the connection was lost", world_.now()));
                  arm();
                },
                [] { return false; }});
  peer_->receiver.accept(c);
  const auto greeting = owner_.core().source()->make_hello();
  start_ = greeting.starts.back().number;
  perform(decides_->on_connected(greeting, world_.now()));
  arm();
}

void sim_sender::on_message(const link_message& m) {
  const auto* no = std::get_if<refusal>(&m);
  tolerated_ = no && (no->code == refusal_code::busy || no->code == refusal_code::blocked ||
                      no->code == refusal_code::old_lineage);
  perform(decides_->on_message(m, own(), world_.now()));
  arm();
}

// A stretch at a time; the rest a little later, so that other things get in between.
void sim_sender::speak() {
  if (!wire_) return;
  const auto order = decides_->next_stretch(own());
  if (!order) return;
  auto packed = pack_stretch(owner_.core().log(), *order, start_);
  if (!owner_.up()) return;
  if (!packed) world_.fail("reading the journal: " + packed.error().text);
  if (packed->message.last < packed->message.first)
    world_.fail("a record can't be sent: " + packed->damage->text);
  decides_->on_sent(packed->message.last, packed->message.records.size(), world_.now());
  wire_->send(0, packed->message, true);
  arm();
  wake();
}

}  // namespace cairn::sim

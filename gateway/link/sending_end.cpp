#include "gateway/link/sending_end.h"

#include <cerrno>

#include "gateway/link/stretch_packer.h"

namespace cairn {

own_watermarks sending_end::own() const {
  own_watermarks w;
  w.trimmed = owner_.log().trimmed();
  w.shippable = source_.shippable();
  w.durable = owner_.log().durable();
  w.finished = owner_.log().finished();  // last, so that it covers the others
  return w;
}

void sending_end::on_time(std::uint64_t now_us) { perform(decides_.on_time(own(), now_us)); }

void sending_end::on_connected(std::uint64_t now_us) {
  const hello greeting = source_.make_hello();
  start_ = greeting.starts.empty() ? incarnation() : greeting.starts.back().number;
  perform(decides_.on_connected(greeting, now_us));
}

void sending_end::on_message(const link_message& m, std::uint64_t now_us) {
  perform(decides_.on_message(m, own(), now_us));
}

void sending_end::on_lost(const std::string& why, std::uint64_t now_us) {
  perform(decides_.on_lost(why, now_us));
}

std::optional<stretch> sending_end::next_stretch(std::uint64_t now_us) {
  const auto order = decides_.next_stretch(own());
  if (!order) return {};
  auto packed = pack_stretch(owner_.log(), *order, start_);
  if (!packed) {
    on_lost("reading the journal: " + packed.error().text, now_us);
    return {};
  }
  if (packed->message.last < packed->message.first) {
    perform(decides_.on_damage(order->first, packed->damage->text));
    return {};
  }
  decides_.on_sent(packed->message.last, packed->message.records.size(), now_us);
  return std::move(packed->message);
}

void sending_end::perform(const sender_actions& actions) {
  for (const sender_action& one : actions) perform(one);
}

void sending_end::perform(const sender_action& action) {
  if (std::holds_alternative<open_connection>(action))
    to_.open();
  else if (const auto* send = std::get_if<send_to_peer>(&action))
    to_.send(send->message);
  else if (std::holds_alternative<end_connection>(action))
    to_.close();
  else if (const auto* answered = std::get_if<tell_answer>(&action))
    source_.peer_answered(answered->answer);
  else if (const auto* told = std::get_if<tell_progress>(&action))
    source_.peer_progress(told->peer, told->sent);
  else if (std::holds_alternative<tell_lost>(action))
    source_.peer_lost();
  else if (const auto* state = std::get_if<tell_state>(&action))
    owner_.set_link(state->state, state->because);
  else if (const auto* fence = std::get_if<fence_member>(&action))
    source_.fence(fence->because);
  else if (const auto* check = std::get_if<check_record>(&action))
    verify(check->at);
}

// The peer says that a record arrived damaged. If ours is, sending it again would go on for ever.
void sending_end::verify(sequence at) {
  const auto rows = owner_.log().rows(at, at, 1, ~std::uint64_t{0});
  if (!rows || rows->empty()) return;
  raw_bytes ignored;
  const auto read = owner_.log().read_record(rows->front(), ignored);
  if (!read && read.error().is == error_class::damage)
    perform(decides_.on_damage(at, read.error().text));
}

}  // namespace cairn

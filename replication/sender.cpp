#include "replication/sender.h"

#include <algorithm>

#include "base/invariant.h"
#include "replication/watermarks.h"

namespace cairn {
namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

std::string text(sequence s) { return std::to_string(s.value); }

// After these the peer will say the same again until somebody changes something.
bool settled(refusal_code code) {
  return code != refusal_code::protocol && code != refusal_code::busy &&
         code != refusal_code::blocked;
}

// The one place that says how far the journal may be shipped: what is finished; a seal, and what is
// behind it, only when it is durable.
sequence may_ship_upto(const own_watermarks& own) { return std::min(own.finished, own.shippable); }

}  // namespace

std::optional<stretch_order> sender::next_stretch(const own_watermarks& own) const {
  if (phase_ != phase::streaming || window_bytes_ >= settings_.window_bytes_max) return {};
  stretch_order order;
  order.first = sent_.next();
  order.last = std::min({may_ship_upto(own), sequence(sent_.value + stretch_records_max),
                         sequence(received_.value + settings_.window_records_max)});
  order.bytes_max = 1U << 20;
  if (damaged_at_ > sent_) order.last = std::min(order.last, damaged_at_.previous());
  if (order.last < order.first) return {};
  return order;
}

void sender::on_sent(sequence last, std::uint64_t size_bytes, std::uint64_t now_us) {
  CAIRN_INVARIANT("I7", last > sent_, "a stretch was sent twice on one connection");
  if (window_.empty()) moved_us_ = now_us;
  window_.push_back({last, size_bytes});
  window_bytes_ += size_bytes;
  sent_ = last;
  spoke_us_ = now_us;
}

sender_actions sender::on_time(const own_watermarks& own, std::uint64_t now_us) {
  if (phase_ == phase::waiting && now_us >= due_us_) {
    phase_ = phase::connecting;
    due_us_ = never;  // who connects has a deadline of its own, and always tells how it went
    return {open_connection{}};
  }
  if (const std::string why = overdue(now_us); !why.empty()) return lose(why, now_us);
  if (phase_ != phase::streaming || now_us < spoke_us_ + settings_.heartbeat_us) return {};
  spoke_us_ = now_us;
  return {send_to_peer{link_heartbeat{own.finished, own.durable}}};
}

// Health is progress: heartbeats that pass do not save a connection on which records do not.
std::string sender::overdue(std::uint64_t now_us) const {
  if (phase_ == phase::greeting && now_us >= due_us_) return "the secondary did not answer in time";
  if (phase_ != phase::streaming) return {};
  if (now_us >= heard_us_ + settings_.silence_us) return "the secondary has fallen silent";
  if (!window_.empty() && now_us >= moved_us_ + settings_.stall_us)
    return "the secondary takes no records any more";
  return {};
}

std::uint64_t sender::next_deadline_us() const {
  if (ended()) return never;
  if (phase_ != phase::streaming) return due_us_;
  const std::uint64_t stall = window_.empty() ? never : moved_us_ + settings_.stall_us;
  return std::min({spoke_us_ + settings_.heartbeat_us, heard_us_ + settings_.silence_us, stall});
}

sender_actions sender::on_connected(hello greeting, std::uint64_t now_us) {
  if (phase_ != phase::connecting) return {end_connection{}};
  phase_ = phase::greeting;
  greeting_ = std::move(greeting);
  due_us_ = now_us + settings_.handshake_us;
  return {send_to_peer{greeting_}};
}

sender_actions sender::on_message(const link_message& m, const own_watermarks& own,
                                  std::uint64_t now_us) {
  if (phase_ != phase::greeting && phase_ != phase::streaming) return {};
  heard_us_ = now_us;
  return std::visit([&](const auto& one) { return take(one, own, now_us); }, m);
}

template <class Other>
sender_actions sender::take(const Other&, const own_watermarks&, std::uint64_t now_us) {
  return lose("the secondary sent a message that only a primary sends", now_us);
}

// Empty, or why the answer to HELLO can't be gone along with. A secondary that stored a record
// never comes back without it while this journal is up: it would be trimmed here already.
std::string sender::fault_of(const hello_answer& m, const own_watermarks& own) const {
  if (m.version < greeting_.version_min || m.version > greeting_.version_max)
    return "the secondary chose version " + std::to_string(m.version) +
           " of the link, this side speaks " + std::to_string(greeting_.version_min) + " to " +
           std::to_string(greeting_.version_max);
  if (m.stored > m.last) return "the secondary says it stored more than it has";
  if (m.last > own.finished)
    return "the secondary has record " + text(m.last) + ", but this journal ends at " +
           text(own.finished) + ": their histories diverged";
  const sequence least = std::max(stored_ever_, greeting_.oldest_held.previous());
  if (m.stored < least)
    return "the secondary has lost records that it had stored (it has " + text(m.stored) + " of " +
           text(least) + "): it must be copied again";
  return {};
}

sender_actions sender::take(const hello_answer& m, const own_watermarks& own,
                            std::uint64_t now_us) {
  if (phase_ != phase::greeting) return lose("the secondary answered HELLO twice", now_us);
  if (const std::string fault = fault_of(m, own); !fault.empty())
    return give_up(link_state::refused, fault, settings_.retry_max_us, now_us);
  phase_ = phase::streaming;
  sent_ = received_ = m.last;
  stored_ = stored_ever_ = m.stored;
  begun_us_ = spoke_us_ = moved_us_ = now_us;
  stored_moved_ = false;
  check_watermarks(own);
  const bool whole = !damaged_at_ || m.last >= damaged_at_;
  return {whole ? tell_state{link_state::connected, ""} : tell_state{link_state::refused, damage_},
          tell_answer{m}, tell_progress{{m.last, m.stored, {}, {}}, sent_}};
}

std::string sender::fault_of(const link_progress& m) const {
  if (phase_ != phase::streaming) return "the secondary told progress before it answered HELLO";
  if (m.received > sent_)
    return "the secondary says it received " + text(m.received) + ", but only " + text(sent_) +
           " was sent";
  if (m.stored > m.received) return "the secondary says it stored more than it received";
  if (m.received < received_ || m.stored < stored_) return "the secondary's progress went back";
  return {};
}

sender_actions sender::take(const link_progress& m, const own_watermarks& own,
                            std::uint64_t now_us) {
  if (const std::string fault = fault_of(m); !fault.empty()) return lose(fault, now_us);
  if (m.received > received_) moved_us_ = now_us;
  stored_moved_ = stored_moved_ || m.stored > stored_;
  received_ = m.received;
  stored_ = stored_ever_ = m.stored;
  for (; !window_.empty() && window_.front().last <= received_; window_.pop_front())
    window_bytes_ -= window_.front().size_bytes;
  check_watermarks(own);
  return {tell_progress{m, sent_}};
}

sender_actions sender::take(const refusal& m, const own_watermarks&, std::uint64_t now_us) {
  if (m.code == refusal_code::old_lineage && is_newer(m.lineages, greeting_.lineages)) {
    const sender_actions out = give_up(link_state::refused, m.reason, never, now_us);
    phase_ = phase::fenced;
    sender_actions all = {fence_member{m.reason}};
    all.insert(all.end(), out.begin(), out.end());
    return all;
  }
  const std::uint64_t wait = settled(m.code) ? settings_.retry_max_us : next_wait(now_us);
  return give_up(link_state::refused, m.reason, wait, now_us);
}

sender_actions sender::take(const link_damage& m, const own_watermarks&, std::uint64_t now_us) {
  if (phase_ != phase::streaming || m.at > sent_ || m.at <= received_)
    return lose("the secondary names a damaged record that was not sent", now_us);
  sender_actions out = lose("record " + text(m.at) + " arrived damaged: " + m.what, now_us);
  out.push_back(check_record{m.at});
  return out;
}

sender_actions sender::on_damage(sequence at, const std::string& what) {
  if (damaged_at_ && damaged_at_ <= at) return {};
  damaged_at_ = at;
  damage_ = "the journal is damaged: " + what;
  return {tell_state{link_state::refused, damage_}};
}

sender_actions sender::on_lost(const std::string& why, std::uint64_t now_us) {
  if (phase_ == phase::waiting || ended()) return {};
  return lose(why, now_us);
}

sender_actions sender::lose(const std::string& why, std::uint64_t now_us) {
  return give_up(link_state::connecting, why, next_wait(now_us), now_us);
}

sender_actions sender::give_up(link_state state, const std::string& why, std::uint64_t wait_us,
                               std::uint64_t now_us) {
  phase_ = phase::waiting;
  due_us_ = wait_us == never ? never : now_us + wait_us;
  window_.clear();
  window_bytes_ = 0;
  return {end_connection{}, tell_lost{}, tell_state{state, why}};
}

// The shortest wait only after a connection that was of use, so that one that breaks at once, every
// time, does not become a storm.
std::uint64_t sender::next_wait(std::uint64_t now_us) {
  const bool useful =
      phase_ == phase::streaming && (stored_moved_ || now_us >= begun_us_ + settings_.retry_max_us);
  wait_us_ = useful || wait_us_ == 0 ? settings_.retry_min_us
                                     : std::min(2 * wait_us_, settings_.retry_max_us);
  return wait_us_;
}

void sender::check_watermarks(const own_watermarks& own) const {
  check(peer_watermarks{own.trimmed, stored_, received_, sent_, own.finished});
}

}  // namespace cairn

// What the link asks of a member and tells it.
#include <cerrno>

#include "base/log.h"
#include "gateway/member/member_impl.h"
#include "replication/watermarks.h"

namespace cairn {

hello member_impl::make_hello() const {
  hello h;
  h.group = config_.group;
  h.member = config_.name;
  h.journal = log_->id();
  h.lineages = log_->state().lineages;
  h.starts = log_->starts();
  h.oldest_held = log_->trimmed().next();
  for (const auto& v : log_->volumes())
    h.volumes.push_back({v.index, v.id, v.name, v.size_bytes, v.naa, v.serial, v.born_empty});
  return h;
}

void member_impl::peer_progress(const link_progress& p, sequence sent) {
  check(peer_watermarks{log_->trimmed(), p.stored, p.received, sent, log_->finished()});
  peer_.with([&](peer_view& v) {
    v.known = true;
    v.sent = sent;
    v.received = p.received;
    v.stored = p.stored;
    v.applied = p.applied;
    v.applied_sequence = p.applied_sequence;
    for (; !v.sealed.empty() && v.sealed.front().second <= p.stored; v.sealed.pop_front())
      v.newest_stored = v.sealed.front().first;
  });
  samples_.with([&](lag_samples& s) { s.forget(p.stored); });
}

void member_impl::peer_lost() {
  peer_.with([](peer_view& v) {
    v.sent = v.received = v.stored;  // what is on the way may be lost; learned anew at HELLO
    v.link = link_state::connecting;
  });
}

void member_impl::set_link(link_state state, const std::string& because) {
  const bool news = peer_.with([&](peer_view& v) {
    const bool changed = v.link != state || v.because != because;
    v.link = state;
    v.because = because;
    return changed;
  });
  if (!news) return;
  const auto sentence = "member " + config_.name + ": link " + name_of(state) +
                        (because.empty() ? "" : ": " + because);
  if (state == link_state::refused)
    log_error(sentence, log_event::link_refused, subject());
  else
    log_notice(sentence, state == link_state::connected ? log_event::link_up : log_event::link_down,
               subject());
}

void member_impl::fence(const std::string& because) {
  role_ = member_role::fenced;
  const auto saved = log_->update_state([&](member_state& s) -> result<void> {
    s.role = member_role::fenced;
    s.fenced_because = because;
    return {};
  });
  log_error("member " + config_.name + " is fenced and takes no writes: " + because,
            log_event::member_fenced, subject());
  if (!saved)
    log_error("member " + config_.name + ": fencing not saved: " + saved.error().text,
              log_event::none, subject());
}

// `finished` first: a seal that it covers was entered among the young ones before it was finished,
// so that it is still found there, or durable.
sequence member_impl::shippable() const {
  const auto finished = log_->finished();
  const auto first_young = seals_.with(
      [](const auto& all) { return all.empty() ? sequence(~std::uint64_t{0}) : all.front().at; });
  return std::min(finished, first_young.previous());
}

void member_impl::on_progress(std::function<void()> wake) {
  wake_.with([&](auto& w) { w = std::move(wake); });
}

void member_impl::wake_link() {
  if (!wake_wanted_ || !wake_wanted_.exchange(false)) return;
  wake_.with([](auto& w) {
    if (w) w();
  });
}

result<void> member_impl::takes_arrivals() const {
  if (role_ == member_role::secondary) return {};
  return fail(EROFS, "member " + config_.name + " is " + name_of(role_));
}

result<void> member_impl::follow(const hello& from, sequence keep_to) {
  const std::lock_guard lock(arrivals_mutex_);
  CAIRN_TRY(takes_arrivals());
  CAIRN_TRY(log_->update_state([&](member_state& s) -> result<void> {
    s.lineages = from.lineages;
    return {};
  }));
  return log_->truncate(keep_to, from.starts);
}

result<void> member_impl::append_received(std::span<const received_record> records) {
  const std::lock_guard lock(arrivals_mutex_);
  CAIRN_TRY(takes_arrivals());
  return log_->append_received(records);
}

void member_impl::stored_advanced() {
  const std::lock_guard lock(arrivals_mutex_);
  if (role_ != member_role::secondary) return;
  const auto known = visible_.with([](prefix& p) { return p.reached(); });
  const auto upto = log_->finished();
  if (upto.value < known) visible_.with([&](prefix& p) { p = prefix(upto.value); });  // truncated
  if (upto.value <= known) return;
  const auto now = std::chrono::steady_clock::now();
  const auto counted = each_row(sequence(known), upto, [&](const row& r) { count(r, now); });
  if (!counted)
    log_error("member " + config_.name + ": " + counted.error().text, log_event::none, subject());
  samples_.with([&](lag_samples& s) { s.forget(sequence(applied_)); });
  // On a secondary this prefix only tells which records were counted.
  visible_.with([&](prefix& p) { p = prefix(upto.value); });
}

}  // namespace cairn

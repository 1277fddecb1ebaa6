// Markers at a primary member: MARK, RELEASE, ABANDON, the limit; seals and voids
// (docs/markers.md).
#include <cerrno>

#include "base/crc32c.h"
#include "base/log.h"
#include "gateway/member/member_impl.h"

namespace cairn {
namespace {

record marker_draft(record_kind kind, byte_view body) {
  record r;
  r.kind = kind;
  r.data_length = static_cast<std::uint32_t>(body.size());
  r.data_crc = crc32c(body);
  return r;
}

}  // namespace

member_hello member_impl::welcome() const {
  member_hello h;
  h.current = log_->current();
  std::tie(h.marker_epoch, h.marker_last) = gate_.highest();
  h.selection_epoch = log_->state().selection_epoch;
  h.role = role_;
  return h;
}

control_refusal member_impl::refuse(const char* about, marker_id m, std::string why) const {
  control_refusal r;
  r.about = about;
  r.reason = "member " + config_.name + ": " + std::move(why);
  r.marker = m;
  // The two coordinators count their epochs apart.
  std::tie(r.highest_epoch, r.highest_marker) = gate_.highest();
  if (r.about != "MARK") r.highest_epoch = log_->state().selection_epoch;
  return r;
}

result<append_slot> member_impl::append_marker(record_kind kind, const marker_body& body) {
  const auto data = encode_marker_body(body);
  const iovec part{const_cast<std::byte*>(data.data()), data.size()};
  auto slot = append(marker_draft(kind, data), std::span(&part, 1));
  if (slot) mark_visible(slot->what.seq);
  return slot;
}

void member_impl::on_mark(const mark& m, monotonic_time now, reply to) {
  if (role_ != member_role::primary)
    return to(refuse("MARK", m.marker, std::string("it is ") + name_of(role_) + ", not primary"));
  const marker_body body{m.marker, hash_of_group(config_.group), hash_of_members(m.members)};
  const auto at = gate_.take(m, now, [&]() -> result<sequence> {
    // The limit runs from here, whatever the disk does to the append.
    askers_.with([&](auto& all) { all[m.marker] = to; });
    watch_hold();
    auto slot = append_marker(record_kind::marker, body);
    if (!slot) return fail(std::move(slot).error());
    return slot->what.seq;
  });
  if (!at) {
    askers_.with([&](auto& all) { all.erase(m.marker); });
    return to(refuse("MARK", m.marker, at.error().text));
  }
  holds_.with([&](hold_counts& h) { h.inserted = m.marker; });
  to(inserted{m.marker, log_->current()});
}

void member_impl::watch_hold() {
  {
    const std::lock_guard lock(thread_mutex_);
    hold_changed_ = true;
  }
  hold_wakes_.notify_one();
}

void member_impl::on_release(const release& r, monotonic_time now) {
  if (auto o = gate_.on_release(r, log_->current(), now)) finish_hold(std::move(*o));
}

void member_impl::on_abandon(const abandon& a, monotonic_time now) {
  if (auto o = gate_.on_abandon(a, now)) finish_hold(std::move(*o));
}

void member_impl::hold_step(monotonic_time now) {
  auto o = gate_.on_time(now);
  if (!o) return;
  finish_hold(std::move(*o));
  gate_.settled();
}

// Hosts first: what was withheld goes before the seal or void is journaled.
void member_impl::finish_hold(hold_gate::opened o) {
  for (const auto& go : o.withheld) go();
  const auto held = static_cast<std::uint64_t>(o.how.held.count());
  holds_.with([&](hold_counts& h) {
    ++h.count;
    if (!o.how.seal) ++h.voided;
    h.last_us = held;
    h.max_us = std::max(h.max_us, held);
  });
  const auto to = askers_.with([&](auto& all) {
    const auto found = all.extract(o.how.marker);
    return found ? found.mapped() : reply();
  });
  if (o.how.seal) return append_seal(o.how, to);
  log_warning("member " + config_.name + ": marker " + std::to_string(o.how.marker.number.value) +
                  " is void: " + o.how.reason,
              log_event::marker_voided, subject());
  marker_body body;
  body.marker = o.how.marker;
  body.group_hash = hash_of_group(config_.group);
  if (auto slot = append_marker(record_kind::void_, body); !slot)
    log_warning("member " + config_.name + ": void not journaled: " + slot.error().text,
                log_event::none, subject());
  if (to) to(outcome{o.how.marker, false, held, o.how.reason});
}

// The seal is entered among the young ones before its append begins: from the first moment that it
// is finished it must not be shipped until it is durable (I6).
void member_impl::append_seal(const hold::ended& how, reply to) {
  marker_body body;
  body.marker = how.marker;
  body.group_hash = hash_of_group(config_.group);
  const auto data = encode_marker_body(body);
  auto slot = log_->reserve(marker_draft(record_kind::seal, data));
  result<void> written;
  if (slot) {
    seals_.with([&](auto& all) { all.push_back({how.marker, slot->what.seq, how.held, to}); });
    const iovec part{const_cast<std::byte*>(data.data()), data.size()};
    written = log_->write(*slot, std::span(&part, 1));
    mark_visible(slot->what.seq);
  }
  if (slot && written) {
    {
      const std::lock_guard lock(thread_mutex_);
      sync_wanted_ = true;
    }
    sync_wakes_.notify_one();
    return;
  }
  const auto& e = slot ? written.error() : slot.error();
  log_error("member " + config_.name + ": seal not journaled: " + e.text, log_event::none,
            subject());
  // One that finished while the journal failed will never be durable: it stays here, so that it is
  // not shipped.
  if (!log_->failure())
    seals_.with(
        [&](auto& all) { std::erase_if(all, [&](auto& s) { return s.marker == how.marker; }); });
  if (to) to(outcome{how.marker, false, static_cast<std::uint64_t>(how.held.count()), e.text});
}

// Seals that have become durable may be shipped and are told to the coordinator.
void member_impl::after_sync() {
  const auto durable = log_->durable();
  const auto grown = seals_.with([&](auto& all) {
    std::vector<young_seal> out;
    for (auto& s : all)
      if (s.at <= durable) out.push_back(std::move(s));
    std::erase_if(all, [&](const auto& s) { return s.at <= durable; });
    return out;
  });
  for (const auto& s : grown) {
    holds_.with([&](hold_counts& h) { h.sealed = std::max(h.sealed, s.marker); });
    peer_.with([&](peer_view& v) {
      v.sealed.emplace_back(s.marker, s.at);
      if (v.sealed.size() > sealed_max) v.sealed.pop_front();
    });
    if (s.to) s.to(outcome{s.marker, true, static_cast<std::uint64_t>(s.held.count()), {}});
  }
  wake_link();
}

}  // namespace cairn

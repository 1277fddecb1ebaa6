// Markers at a primary: MARK, RELEASE, ABANDON, the limit; seals and voids
// (docs/markers.md).
#include <cerrno>

#include "base/crc32c.h"
#include "base/log.h"
#include "gateway/member/primary_side.h"

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

control_refusal primary_side::refuse(const mark& m, const std::string& why) const {
  auto r = core_.refuse("MARK", m.marker, why);
  std::tie(r.highest_epoch, r.highest_marker) = gate_.highest();
  return r;
}

marker_body primary_side::body_of(marker_id marker) const {
  marker_body body;
  body.marker = marker;
  body.group_hash = hash_of_group(core_.config().group);
  body.lineage = lineage_of_group(core_.log().state().lineages);
  return body;
}

result<append_slot> primary_side::append_marker(record_kind kind, const marker_body& body) {
  const auto data = encode_marker_body(body);
  const iovec part{const_cast<std::byte*>(data.data()), data.size()};
  auto slot = append(marker_draft(kind, data), std::span(&part, 1));
  if (slot) mark_visible(slot->what.seq);
  return slot;
}

void primary_side::on_mark(const mark& m, monotonic_time now, reply to) {
  auto body = body_of(m.marker);
  body.members_hash = hash_of_members(m.members);
  const auto at = gate_.take(m, now, [&]() -> result<sequence> {
    // The limit runs from here, whatever the disk does to the append.
    askers_.with([&](auto& all) { all[m.marker] = to; });
    hold_thread_.wake();
    auto slot = append_marker(record_kind::marker, body);
    if (!slot) return fail(std::move(slot).error());
    return slot->what.seq;
  });
  if (!at) {
    askers_.with([&](auto& all) { all.erase(m.marker); });
    return to(refuse(m, at.error().text));
  }
  holds_.with([&](hold_counts& h) { h.inserted = m.marker; });
  to(inserted{m.marker, core_.log().current()});
}

void primary_side::on_release(const release& r, monotonic_time now) {
  if (auto o = gate_.on_release(r, core_.log().current(), now)) finish_hold(std::move(*o));
}

void primary_side::on_abandon(const abandon& a, monotonic_time now) {
  if (auto o = gate_.on_abandon(a, now)) finish_hold(std::move(*o));
}

void primary_side::hold_step(monotonic_time now) {
  auto o = gate_.on_time(now);
  if (!o) return;
  finish_hold(std::move(*o));
  gate_.settled();
}

// Hosts first: what was withheld goes before the seal or void is journaled.
void primary_side::finish_hold(hold_gate::opened o) {
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
  log_warning(core_.sentence("marker " + std::to_string(o.how.marker.number.value) +
                             " is void: " + o.how.reason),
              log_event::marker_voided, core_.subject());
  if (auto slot = append_marker(record_kind::void_, body_of(o.how.marker)); !slot)
    log_warning(core_.sentence("void not journaled: " + slot.error().text), log_event::none,
                core_.subject());
  if (to) to(outcome{o.how.marker, false, held, o.how.reason});
}

// The seal is entered among the young ones before its append begins: from the first moment that it
// is finished it must not be shipped until it is durable (I6).
void primary_side::append_seal(const hold::ended& how, reply to) {
  const auto data = encode_marker_body(body_of(how.marker));
  auto slot = core_.log().reserve(marker_draft(record_kind::seal, data));
  result<void> written;
  if (slot) {
    seals_.with([&](auto& all) { all.push_back({how.marker, slot->what.seq, how.held, to}); });
    const iovec part{const_cast<std::byte*>(data.data()), data.size()};
    written = core_.log().write(*slot, std::span(&part, 1));
    mark_visible(slot->what.seq);
  }
  if (slot && written) {
    return sync_thread_.wake();
  }
  const auto& e = slot ? written.error() : slot.error();
  log_error(core_.sentence("seal not journaled: " + e.text), log_event::none, core_.subject());
  // One that finished while the journal failed will never be durable: it stays here, so that it is
  // not shipped.
  if (!core_.log().failure())
    seals_.with(
        [&](auto& all) { std::erase_if(all, [&](auto& s) { return s.marker == how.marker; }); });
  if (to) to(outcome{how.marker, false, static_cast<std::uint64_t>(how.held.count()), e.text});
}

// Seals that have become durable may be shipped and are told to the coordinator.
void primary_side::after_sync() {
  const auto durable = core_.log().durable();
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

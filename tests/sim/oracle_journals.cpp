// The oracle's account of journals: what was written, what recoveries found, what is gone.
#include <fmt/format.h>

#include "gateway/member/member.h"
#include "tests/sim/oracle.h"

namespace cairn::sim {
namespace {

// Fields of a record header by docs/journal.md, read without its checksum (the salt is not ours).
struct header_fields {
  record_kind kind;
  std::uint32_t volume;
  incarnation made_in;
  sequence seq;
  byte_range range;
};

header_fields parse(byte_view h) {
  return {static_cast<record_kind>(h[5]),
          load_le<std::uint32_t>(h, 12),
          incarnation(load_le<std::uint64_t>(h, 16)),
          sequence(load_le<std::uint64_t>(h, 24)),
          {load_le<std::uint64_t>(h, 32), load_le<std::uint64_t>(h, 40)}};
}

bool is_mark(record_kind k) {
  return k == record_kind::marker || k == record_kind::seal || k == record_kind::void_;
}

}  // namespace

void oracle::record_begins(std::size_t gateway, byte_view header, byte_view data) {
  if (!own_[gateway]) return;
  const auto h = parse(header);
  journal_entry e{h.kind, h.made_in, 0, {}};
  if (is_mark(h.kind)) {
    const auto body = decode_marker_body(data);
    world_.require(body.has_value(), "a marker record without a body was written");
    e.marker = body->marker;
  } else if (changes_volume(h.kind)) {
    auto& o = ops_[expecting_];
    if (!expecting_ || o.gateway != gateway || o.volume + 1 != h.volume || o.kind != h.kind ||
        o.range != h.range)
      world_.fail(fmt::format("gateway {} journals record {} that no host asked for", gateway,
                              h.seq.value));
    o.seq = h.seq;
    e.op = std::exchange(expecting_, 0);
  }
  take(gateway, h.seq, e);
}

void oracle::take(std::size_t gateway, sequence seq, const journal_entry& e) {
  auto& log = journals_[gateway];
  if (seq <= log.end() && log.at(seq).made_in && log.at(seq).made_in < e.made_in) {
    // A recovery decided that the journal ends before this number.
    for (sequence s = seq; s <= log.end(); s = s.next()) lose(gateway, s);
    log.cut(seq.previous());
  }
  log.reach(seq);
  log.at(seq) = e;
}

// The record is not in the journal any more.
void oracle::lose(std::size_t gateway, sequence seq) {
  auto& e = journals_[gateway].at(seq);
  if (rotten(gateway)) {  // by its own fault
    if (e.op) ops_[e.op].lost = true;
    e = {};
    return;
  }
  if (e.op) {
    auto& o = ops_[e.op];
    if (o.promised) world_.fail("I2: a flushed write is gone: " + say(o.id));
    if (o.acknowledged && !power_lost_[gateway])
      world_.fail("I2: an acknowledged write did not survive kill -9: " + say(o.id));
    o.lost = o.lost || power_lost_[gateway];
    if (power_lost_[gateway]) world_.met.meet(situation::tail_lost);
  }
  if (e.marker && e.kind != record_kind::void_ && told_[gateway].contains(e.marker))
    world_.fail(fmt::format("I6: gateway {} called marker {} sealed, and lost its {}", gateway,
                            e.marker.number.value, name_of(e.kind)));
  e = {};
}

void oracle::died(std::size_t gateway, bool power) {
  power_lost_[gateway] = power_lost_[gateway] || power;
}

void oracle::match(std::size_t gateway, const row& found) {
  auto& log = journals_[gateway];
  const auto seq = found.what.seq;
  if (seq > log.end())
    world_.fail(
        fmt::format("gateway {} found record {}, which was never written", gateway, seq.value));
  auto& e = log.at(seq);
  if (found.what.kind == record_kind::gap) {
    if (e.kind != record_kind::gap) world_.met.meet(situation::gap);
    return lose(gateway, seq);
  }
  bool same = found.what.kind == e.kind && found.what.made_in == e.made_in;
  if (same && e.op)
    same = op(e.op).range == found.what.range && op(e.op).volume + 1 == found.what.volume;
  if (!same)
    world_.fail(
        fmt::format("gateway {} found record {}, a {} of incarnation {}; written was {} of "
                    "incarnation {}: {}",
                    gateway, seq.value, name_of(found.what.kind), found.what.made_in.value,
                    name_of(e.kind), e.made_in.value, say(e.op)));
}

void oracle::recovered(std::size_t gateway, member& core) {
  if (!own_[gateway]) return;
  auto& log = core.log();
  for (sequence next = log.trimmed().next(); next <= log.assigned();) {
    const auto rows = log.rows(next, log.assigned(), 4096, ~std::uint64_t{0});
    if (!rows || rows->empty()) world_.fail("recovered rows can't be read");
    for (const auto& r : *rows) {
      if (first_of(r.what) != next) world_.fail("recovered rows are not consecutive");
      // What takes its place comes in copies, which this account does not know yet.
      if (r.what.kind == record_kind::void_range) world_.fail("a void-range that nobody made");
      match(gateway, r);
      next = r.what.seq.next();
    }
  }
  for (sequence s = log.assigned().next(); s <= journals_[gateway].end(); s = s.next())
    lose(gateway, s);
  journals_[gateway].cut(log.assigned());
  power_lost_[gateway] = false;
  show_all(gateway);
}

// After a recovery everything that is in the journal is readable.
void oracle::show_all(std::size_t gateway) {
  for (std::size_t v = 0; v < volume_bytes_.size(); ++v)
    visible_[gateway][v] = prefix_image(journals_[gateway], v, journals_[gateway].end());
}

void oracle::put_back(std::size_t gateway, const journal_model& log) {
  if (!own_[gateway]) return;
  auto& now = journals_[gateway];
  for (auto& o : ops_)
    if (o.gateway == gateway && o.seq) o.lost = true;
  for (sequence s(1); s <= log.end(); s = s.next())
    if (const auto id = log.at(s).op) ops_[id].lost = false;
  given_up_[gateway].insert(given_up_[gateway].begin(), std::exchange(now, log));
  power_lost_[gateway] = true;  // a copy of files in use is what a loss of power leaves
}

void oracle::promoted(std::size_t gateway, const promotion& p, member& core) {
  if (own_[gateway]) return;
  if (!promotion_) promotion_ = p;
  const auto history = history_of(gateway, core);
  if (promotion_->at != p.at || promotion_->opened != p.opened)
    world_.fail(fmt::format("gateway {} is promoted at marker {}, another one at marker {}",
                            gateway, p.at.number.value, promotion_->at.number.value));
  journals_[gateway] = history;
  journals_[gateway].cut(p.at_sequence);
  own_[gateway] = true;
  // What it told beyond is set aside; a name that comes again is of the new lineage.
  std::erase_if(reported_[gateway - members_], [&](marker_id m) { return m > p.at; });
  show_all(gateway);
}

}  // namespace cairn::sim

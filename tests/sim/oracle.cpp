#include "tests/sim/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/member/member.h"

namespace cairn::sim {

oracle::oracle(world& w, std::size_t members, std::vector<std::uint64_t> volume_bytes)
    : world_(w),
      members_(members),
      volume_bytes_(std::move(volume_bytes)),
      ops_(1),
      journals_(2 * members),
      given_up_(2 * members),
      visible_(2 * members),
      own_(2 * members, false),
      power_lost_(2 * members, false),
      told_(2 * members),
      reported_(members) {
  ops_.reserve(ops_max);
  for (std::size_t g = 0; g < 2 * members; ++g) {
    own_[g] = g < members;
    for (const auto size : volume_bytes_) visible_[g].emplace_back(size);
  }
}

std::string oracle::say(op_id id) const {
  if (id == 0) return "nothing";
  const auto& o = ops_[id];
  return fmt::format("{} w{} (gateway {}, volume {}, [{}, {}), record {}{}{}{})", name_of(o.kind),
                     id, o.gateway, o.volume, o.range.offset, o.range.end(), o.seq.value,
                     o.acknowledged ? ", acknowledged" : "", o.promised ? ", flushed" : "",
                     o.lost ? ", lost" : "");
}

// ---- hosts

operation& oracle::begin(const op_set& known, std::size_t gateway, std::size_t volume,
                         record_kind kind, byte_range range) {
  operation o;
  o.id = static_cast<op_id>(ops_.size());
  o.gateway = gateway;
  o.volume = volume;
  o.kind = kind;
  o.range = range;
  o.after = known;
  ops_.push_back(o);
  expecting_ = o.id;
  return ops_.back();
}

void oracle::acknowledged(op_id id, bool fua) {
  auto& o = ops_[id];
  if (!o.seq) world_.fail("acknowledged without a record: " + say(id));
  o.acknowledged = true;
  o.promised = o.promised || fua;
  visible_[o.gateway][o.volume].enter(o, o.seq);
}

std::vector<op_id> oracle::acknowledged_at(std::size_t gateway) const {
  std::vector<op_id> out;
  for (const auto& o : ops_)
    if (o.acknowledged && o.gateway == gateway) out.push_back(o.id);
  return out;
}

void oracle::flushed(const std::vector<op_id>& covered) {
  for (const auto id : covered) ops_[id].promised = true;
}

// Mostly nothing of it is in the journal: a write that failed is a gap there, at most.
void oracle::refused(op_id id) {
  if (expecting_ == id) expecting_ = 0;
  const auto& o = ops_[id];
  const auto& log = journals_[o.gateway];
  if (o.seq && o.seq <= log.end() && log.at(o.seq).op == id) unsure_.push_back(id);
}

// The unsure write that these bytes are of.
op_id oracle::unsure_at(std::size_t gateway, std::size_t volume, std::uint64_t sector,
                        sequence behind, byte_view got) const {
  for (const auto id : unsure_) {
    const auto& o = ops_[id];
    const auto at = sector * sector_bytes;
    if (o.gateway != gateway || o.volume != volume || o.seq < behind) continue;
    if (at < o.range.offset || at >= o.range.end()) continue;
    if (is_sector_of(got, o.kind == record_kind::write ? id : 0, volume, sector)) return id;
  }
  return 0;
}

image oracle::prefix_image(const journal_model& log, std::size_t volume, sequence upto) const {
  image out(volume_bytes_[volume]);
  for (sequence s(1); s <= upto; s = s.next())
    if (const auto id = log.at(s).op; id && op(id).volume == volume) out.enter(op(id), s);
  return out;
}

image oracle::expected(std::size_t gateway, member& core, std::size_t volume) const {
  if (own_[gateway]) return visible_[gateway][volume];
  return prefix_image(history_of(gateway, core), volume, core.log().state().target_sequence);
}

bool oracle::shows(const journal_model& log, const member_state& s) const {
  return !s.target || log.find(record_kind::marker, s.target) == s.target_sequence;
}

// What a secondary shows is the primary's history, or one that the primary has gone back from.
const journal_model& oracle::history_of(std::size_t gateway, member& core) const {
  const auto s = core.log().state();
  if (shows(journals_[source(gateway)], s)) return journals_[source(gateway)];
  for (const auto& log : given_up_[source(gateway)])
    if (shows(log, s)) return log;
  world_.fail(fmt::format("gateway {} takes record {} for marker {}", gateway,
                          s.target_sequence.value, s.target.number.value));
}

const journal_model& oracle::sealing(std::size_t gateway, marker_id m) const {
  for (const auto& log : given_up_[gateway])
    if (log.sealed(m)) return log;
  return journals_[gateway];
}

op_set oracle::read(std::size_t gateway, member& core, std::size_t volume, std::uint64_t offset,
                    byte_view got) const {
  const auto want = expected(gateway, core, volume);
  op_set learned;
  for (std::size_t at = 0; at < got.size(); at += sector_bytes) {
    const auto sector = (offset + at) / sector_bytes;
    const auto bytes_there = got.subspan(at, sector_bytes);
    auto id = want.sectors[sector].op;
    const bool data = id && op(id).kind == record_kind::write;
    const bool right = is_sector_of(bytes_there, data ? id : 0, volume, sector);
    const auto unsure =
        right ? 0 : unsure_at(gateway, volume, sector, want.sectors[sector].seq, bytes_there);
    if (unsure) id = unsure;
    if (!right && !unsure)
      world_.fail(fmt::format("gateway {} volume {} sector {}: wrong bytes: expected {}, got {}",
                              gateway, volume, sector, say(id),
                              say(std::min<op_id>(claimed_by(got.subspan(at)), ops_.size() - 1))));
    if (id) learned |= op(id).after, learned.set(id);
  }
  return learned;
}

void oracle::check_volumes(std::size_t gateway, member& core) const {
  if (own_[gateway] && rotten(gateway)) return;
  for (std::size_t v = 0; v < volume_bytes_.size(); ++v) {
    bytes all(volume_bytes_[v]);
    auto done = core.read(v, all, 0);
    if (!done && hurt(gateway)) continue;
    if (!done) world_.fail(fmt::format("gateway {} volume {}: {}", gateway, v, done.error().text));
    read(gateway, core, v, 0, all);
  }
}

void oracle::check_watermarks(std::size_t gateway, member& core) const {
  auto& log = core.log();
  const auto s = core.status();
  const bool both = log.trimmed() <= log.backed() && log.backed() <= s.destaged &&
                    s.destaged <= log.durable() && log.durable() <= log.finished() &&
                    log.finished() <= log.assigned();
  bool side = true;
  if (s.role == member_role::secondary) side = s.destaged <= s.applied;
  if (s.role == member_role::primary && !own_[gateway]) side = false;
  if (s.role == member_role::primary && gateway < members_)
    side = s.stored <= s.received && s.received <= s.sent && s.sent <= log.finished();
  if (!both || !side)
    world_.fail(
        fmt::format("I7 at gateway {}: trimmed {} backed {} destaged {} durable {} "
                    "finished {} assigned {}; applied {}, stored {} received {} sent {}",
                    gateway, log.trimmed().value, log.backed().value, s.destaged.value,
                    log.durable().value, log.finished().value, log.assigned().value,
                    s.applied.value, s.stored.value, s.received.value, s.sent.value));
}

// ---- markers

void oracle::reported_by(std::size_t gateway, const std::vector<stored_marker>& markers) {
  for (const auto& m : markers) {
    if (!reported_[gateway - members_].insert(m.marker).second) continue;
    const bool all =
        std::ranges::all_of(reported_, [&](const auto& those) { return those.contains(m.marker); });
    if (!all) continue;
    // What a promoted member has behind its takeover is of the new lineage.
    if (own_[gateway] && m.marker > promotion_->at)
      check_new_cut(m.marker);
    else
      check_cut(m.marker);
  }
}

void oracle::check_cut(marker_id m) {
  if (checked_.insert(m).second) check_cut_of(m, 0);
}

void oracle::check_cut_of(marker_id m, std::size_t first_gateway) const {
  op_set inside;
  for (std::size_t g = first_gateway; g < first_gateway + members_; ++g) {
    const auto& log = sealing(g, m);
    const auto at = log.find(record_kind::marker, m);
    if (!at || !log.sealed(m))
      world_.fail(fmt::format("I4: marker {} of epoch {} is used, but gateway {} has not sealed it",
                              m.number.value, m.made_in.value, g));
    for (sequence s(1); s <= *at; s = s.next())
      if (const auto id = log.at(s).op) inside.set(id);
  }
  for (op_id w = 1; w < ops_.size(); ++w) {
    if (!inside[w]) continue;
    const auto missing = ops_[w].after & ~inside;
    for (op_id d = 1; missing.any() && d < ops_.size(); ++d)
      if (missing[d] && !ops_[d].lost)
        world_.fail(
            fmt::format("marker {} of epoch {} is no consistent cut: it contains {} but not "
                        "{}, which came before",
                        m.number.value, m.made_in.value, say(w), say(d)));
  }
}

}  // namespace cairn::sim

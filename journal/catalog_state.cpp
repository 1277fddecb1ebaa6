// The state of a member in the catalog: state, peer, lineages.
#include "journal/catalog.h"
#include "journal/catalog_rows.h"
#include "journal/catalog_text.h"

namespace cairn {
namespace {

member_state state_of(const statement& s) {
  member_state out;
  // An unknown role is treated as the one that accepts nothing.
  out.role = role_named(s.text(0)).value_or(member_role::fenced);
  out.marker_epoch = epoch(s.column(1));
  out.marker_last = marker_number(s.column(2));
  out.selection_epoch = epoch(s.column(3));
  out.target = {marker_number(s.column(4)), epoch(s.column(5))};
  out.target_sequence = sequence(s.column(6));
  if (const auto opened = s.text(10); !opened.empty())
    out.promoted = {
        {marker_number(s.column(7)), epoch(s.column(8))}, sequence(s.column(9)), uuid_of(opened)};
  out.fenced_because = s.text(11);
  if (const marker_id good{marker_number(s.column(12)), epoch(s.column(13))})
    out.good = {good, uuid_of(s.text(14)), sequence(s.column(15))};
  out.in_place = uuid_of(s.text(16));
  out.boot = uuid_of(s.text(17));
  out.switchover = uuid_of(s.text(18));
  return out;
}

known_peer peer_of(const statement& s) {
  known_peer out;
  out.journal = uuid_of(s.text(0));
  out.start = uuid_of(s.text(1));
  out.features = s.column(2);
  out.applied = {marker_number(s.column(3)), epoch(s.column(4))};
  out.applied_sequence = sequence(s.column(5));
  out.named_from = sequence(s.column(6));
  out.trimmed = digest_from_hex(s.text(7));
  out.promotable = s.column(8) != 0;
  return out;
}

}  // namespace

result<void> catalog::save_state(const member_state& s) {
  CAIRN_TRY(db_->execute("DELETE FROM state"));
  auto insert = db_->prepare(
      "INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  const promotion at = s.promoted.value_or(promotion{});
  const good_state good = s.good.value_or(good_state{});
  insert->bind(1, std::string_view(name_of(s.role)));
  insert->bind(2, s.marker_epoch.value).bind(3, s.marker_last.value);
  insert->bind(4, s.selection_epoch.value).bind(5, s.target.number.value);
  insert->bind(6, s.target.made_in.value).bind(7, s.target_sequence.value);
  insert->bind(8, at.at.number.value).bind(9, at.at.made_in.value).bind(10, at.at_sequence.value);
  insert->bind(11, s.promoted ? at.opened.text() : std::string()).bind(12, s.fenced_because);
  insert->bind(13, good.at.number.value).bind(14, good.at.made_in.value);
  insert->bind(15, text_of(good.lineage)).bind(16, good.at_sequence.value);
  insert->bind(17, text_of(s.in_place)).bind(18, text_of(s.boot)).bind(19, text_of(s.switchover));
  CAIRN_TRY(insert->run());
  CAIRN_TRY(save_lineages(s.lineages));
  return save_peer(s.peer);
}

result<void> catalog::save_lineages(const lineage_history& all) {
  CAIRN_TRY(db_->execute("DELETE FROM lineages"));
  auto line = db_->prepare("INSERT INTO lineages VALUES (?, ?, ?, ?)");
  if (!line) return fail(line.error());
  for (std::size_t i = 0; i < all.size(); ++i) {
    line->bind(1, std::uint64_t{i + 1}).bind(2, all[i].id.text()).bind(3, all[i].parent.text());
    CAIRN_TRY(line->bind(4, all[i].fork.value).run());
  }
  return {};
}

result<void> catalog::save_peer(const known_peer& peer) {
  CAIRN_TRY(db_->execute("DELETE FROM peer"));
  auto insert = db_->prepare("INSERT INTO peer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(1, text_of(peer.journal)).bind(2, text_of(peer.start)).bind(3, peer.features);
  insert->bind(4, peer.applied.number.value).bind(5, peer.applied.made_in.value);
  insert->bind(6, peer.applied_sequence.value).bind(7, peer.named_from.value);
  return insert->bind(8, hex(peer.trimmed)).bind(9, std::uint64_t{peer.promotable}).run();
}

result<member_state> catalog::state() {
  auto found = load_all<member_state>(
      *db_,
      "SELECT role, marker_epoch, marker_last, selection_epoch, target, target_epoch, "
      "target_sequence, promoted, promoted_epoch, promoted_sequence, opened, fenced_because, good, "
      "good_epoch, good_lineage, good_sequence, in_place, boot, switchover FROM state",
      state_of);
  if (!found) return fail(found.error());
  if (found->size() != 1) return fail(EBADMSG, db_->path() + ": table state has no row");
  auto lines = lineages();
  if (!lines) return fail(lines.error());
  auto other = peer();
  if (!other) return fail(other.error());
  found->at(0).lineages = std::move(*lines);
  found->at(0).peer = *other;
  return found->at(0);
}

result<lineage_history> catalog::lineages() {
  return load_all<lineage>(
      *db_, "SELECT id, parent, fork FROM lineages ORDER BY place", [](const statement& s) {
        return lineage{uuid_of(s.text(0)), uuid_of(s.text(1)), sequence(s.column(2))};
      });
}

result<known_peer> catalog::peer() {
  auto found = load_all<known_peer>(
      *db_,
      "SELECT journal, start, features, applied, applied_epoch, applied_sequence, named_from, "
      "trimmed, promotable FROM peer",
      peer_of);
  if (!found) return fail(found.error());
  if (found->size() != 1) return fail(EBADMSG, db_->path() + ": table peer has no row");
  return found->at(0);
}

}  // namespace cairn

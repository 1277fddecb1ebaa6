#include <algorithm>

#include "journal/catalog.h"
#include "journal/catalog_rows.h"
#include "journal/catalog_tables.h"
#include "journal/catalog_text.h"

namespace cairn {
namespace {

row row_of(const statement& s) {
  row r;
  r.what.seq = sequence(s.column(0));
  r.what.kind = static_cast<record_kind>(s.column(1));
  r.what.made_in = incarnation(s.column(2));
  r.what.volume = static_cast<std::uint32_t>(s.column(3));
  r.what.range = {s.column(4), s.column(5)};
  r.at = {s.column(6), s.column(7)};
  r.what.data_length = static_cast<std::uint32_t>(s.column(8));
  r.what.data_crc = static_cast<std::uint32_t>(s.column(9));
  return r;
}

#define CAIRN_ROW_COLUMNS                                                                    \
  "SELECT sequence, kind, made_in, volume, offset, length, segment, position, data_length, " \
  "data_crc FROM records "
// A row has the last of its sequences: the one that stands for ?2 may lie behind it.
constexpr std::string_view select_rows = CAIRN_ROW_COLUMNS
    "WHERE sequence BETWEEN ?1 AND coalesce((SELECT min(sequence) FROM records "
    "WHERE sequence >= ?2), ?2) ORDER BY sequence LIMIT ?3";
constexpr std::string_view select_last_placed =
    CAIRN_ROW_COLUMNS "WHERE sequence <= ? AND segment <> 0 ORDER BY sequence DESC LIMIT 1";
#undef CAIRN_ROW_COLUMNS

result<std::vector<row>> run_select(statement& select, sequence from, sequence upto,
                                    std::size_t rows_max) {
  select.bind(1, from.value).bind(2, upto.value).bind(3, std::uint64_t{rows_max});
  std::vector<row> out;
  for (;;) {
    const auto more = select.step();
    if (!more) return fail(more.error());
    if (!*more) return out;
    auto next = row_of(select);
    if (first_of(next.what) <= upto) out.push_back(next);
  }
}

}  // namespace

result<std::optional<catalog_identity>> catalog::identity() {
  auto there =
      load_all<std::uint64_t>(*db_, "SELECT count(*) FROM sqlite_schema WHERE name = 'journal'",
                              [](const statement& s) { return s.column(0); });
  if (!there) return fail(there.error());
  if (there->at(0) == 0) return std::optional<catalog_identity>();
  // Of a newer format nothing but the version is sure to be where it is now.
  auto formats = load_all<std::uint64_t>(*db_, "SELECT format FROM journal",
                                         [](const statement& s) { return s.column(0); });
  if (!formats) return fail(formats.error());
  if (formats->size() != 1)
    return fail(EBADMSG, db_->path() + ": table journal has " + std::to_string(formats->size()) +
                             " rows, not one");
  const auto format = formats->at(0);
  CAIRN_TRY(check_format("journal " + directory_of(db_->path()), format, catalog_steps));
  auto found = load_all<catalog_identity>(
      *db_, "SELECT id, group_name, member FROM journal", [format](const statement& s) {
        return catalog_identity{format, uuid_of(s.text(0)), s.text(1), s.text(2)};
      });
  if (!found) return fail(found.error());
  return std::optional(found->at(0));
}

result<catalog_watermarks> catalog::watermarks() {
  using named = std::pair<std::string, sequence>;
  auto found =
      load_all<named>(*db_, "SELECT name, sequence FROM watermarks",
                      [](const statement& s) { return named(s.text(0), sequence(s.column(1))); });
  if (!found) return fail(found.error());
  catalog_watermarks w;
  for (const auto& [name, at] : *found) {
    if (name == "durable") w.durable = at;
    if (name == "backed") w.backed = at;
    if (name == "trimmed") w.trimmed = at;
    if (name == "peer_stored") w.peer_stored = at;
  }
  return w;
}

result<std::vector<catalog_segment>> catalog::segments() {
  return load_all<catalog_segment>(
      *db_, "SELECT number, file, salt, bytes, made_in, end, aside FROM segments ORDER BY number",
      [](const statement& s) {
        catalog_segment out;
        out.head.number = s.column(0);
        out.file = s.text(1);
        out.head.salt = from_hex(s.text(2));
        out.head.bytes = s.column(3);
        out.head.made_in = incarnation(s.column(4));
        if (!s.is_null(5)) out.end = s.column(5);
        out.aside = s.column(6) != 0;
        return out;
      });
}

void row_survey::placed(std::uint64_t segment, sequence at) {
  if (spans.empty() || spans.back().segment != segment) {
    const auto known = std::ranges::find(spans, segment, &segment_span::segment);
    if (known == spans.end()) return spans.push_back({segment, at, at});
    std::swap(*known, spans.back());  // the next is most likely of the same
  }
  auto& span = spans.back();
  span.first = std::min(span.first, at);
  span.last = std::max(span.last, at);
}

result<void> catalog::survey(sequence from, sequence upto, row_survey& all) {
  const auto take_in = [&all](const visited_row& r) {
    const auto kind = static_cast<record_kind>(r.column(2));
    const bool many = kind == record_kind::void_range;
    all.sequences += many ? r.column(4) : 1;
    if (const auto segment = r.column(0)) all.placed(segment, sequence(r.column(1)));
    if (!changes_volume(kind) || (kind == record_kind::copy && r.column(5) == 0)) return;
    auto& held = all.held[static_cast<std::uint32_t>(r.column(3))];
    ++held.records;
    held.bytes += r.column(4);
  };
  return db_->visit_rows("segment, sequence, kind, volume, length, data_length",
                         "records WHERE sequence BETWEEN ? AND ?", {from.value, upto.value},
                         take_in);
}

result<std::vector<row>> catalog::rows(sequence from, sequence upto, std::size_t rows_max) {
  auto select = db_->prepare(select_rows);
  if (!select) return fail(select.error());
  return run_select(*select, from, upto, rows_max);
}

result<std::optional<row>> catalog::last_placed(sequence upto) {
  auto select = db_->prepare(select_last_placed);
  if (!select) return fail(select.error());
  const auto there = select->bind(1, upto.value).step();
  if (!there) return fail(there.error());
  return *there ? std::optional(row_of(*select)) : std::nullopt;
}

result<std::vector<marker_entry>> catalog::markers() {
  return load_all<marker_entry>(
      *db_,
      "SELECT sequence, marker, epoch, group_hash, members_hash, seal, void, lineage FROM markers "
      "ORDER BY sequence",
      [](const statement& s) {
        marker_entry out;
        out.shown.at = sequence(s.column(0));
        out.shown.body.marker = {marker_number(s.column(1)), epoch(s.column(2))};
        out.shown.body.group_hash = from_hex(s.text(3));
        out.shown.body.members_hash = from_hex(s.text(4));
        out.shown.seal_at = sequence(s.column(5));
        out.void_at = sequence(s.column(6));
        out.shown.body.lineage = uuid_of(s.text(7));
        out.shown.voided = bool(out.void_at);
        return out;
      });
}

result<std::vector<incarnation_start>> catalog::starts() {
  return load_all<incarnation_start>(
      *db_, "SELECT number, lineage, kept_to, id FROM incarnations ORDER BY number",
      [](const statement& s) {
        return incarnation_start{incarnation(s.column(0)), uuid_of(s.text(1)),
                                 sequence(s.column(2)), uuid_of(s.text(3))};
      });
}

result<std::vector<volume_identity>> catalog::volumes() {
  return load_all<volume_identity>(
      *db_,
      "SELECT number, id, name, size, naa, serial, born_empty FROM volumes ORDER BY number, name",
      [](const statement& s) {
        return volume_identity{static_cast<std::uint32_t>(s.column(0)),
                               uuid_of(s.text(1)),
                               s.text(2),
                               s.column(3),
                               from_hex(s.text(4)),
                               s.text(5),
                               s.column(6) != 0};
      });
}

result<std::unique_ptr<catalog_reader>> catalog_reader::open(disk& on, const std::string& path) {
  auto db = database::open(on, path, database::access::read_only);
  if (!db) return fail(db.error());
  std::unique_ptr<catalog_reader> made(new catalog_reader(std::move(*db)));
  auto select = made->db_->prepare(select_rows);
  if (!select) return fail(select.error());
  made->select_ = std::move(*select);
  return made;
}

result<std::vector<row>> catalog_reader::rows(sequence from, sequence upto, std::size_t rows_max) {
  return run_select(select_, from, upto, rows_max);
}

}  // namespace cairn

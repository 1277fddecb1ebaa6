#include "journal/catalog.h"

#include <chrono>

#include "journal/catalog_tables.h"
#include "journal/catalog_text.h"

namespace cairn {
namespace {

std::uint64_t wall_clock_ms() {
  using namespace std::chrono;
  const auto now = system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(now).count());
}

}  // namespace

result<std::unique_ptr<catalog>> catalog::open(disk& on, const std::string& path) {
  auto db = database::open(on, path, database::access::read_write);
  if (!db) return fail(db.error());
  return std::unique_ptr<catalog>(new catalog(on, std::move(*db)));
}

std::uint64_t catalog::file_bytes() {
  // The database file itself must never be opened beside SQLite: closing it would drop SQLite's
  // POSIX locks. The WAL carries none.
  std::uint64_t total = 0;
  if (auto pages = db_->prepare("SELECT page_count * page_size FROM pragma_page_count, "
                                "pragma_page_size");
      pages && pages->step().value_or(false))
    total = pages->column(0);
  const auto wal = on_.open(db_->path() + "-wal", open_mode::read_only);
  return wal ? total + (*wal)->size().value_or(0) : total;
}

result<void> catalog::run(const std::string& sql, std::initializer_list<std::uint64_t> values) {
  auto made = db_->prepare(sql);
  if (!made) return fail(made.error());
  int index = 1;
  for (const auto value : values) made->bind(index++, value);
  return made->run();
}

result<void> catalog::make_tables(const catalog_identity& identity) {
  CAIRN_TRY(db_->execute(catalog_tables));
  auto insert = db_->prepare("INSERT INTO journal VALUES (?, ?, ?, ?, '')");
  if (!insert) return fail(insert.error());
  insert->bind(1, newest_format(catalog_steps)).bind(2, identity.journal.text());
  return insert->bind(3, identity.group).bind(4, identity.member).run();
}

result<void> catalog::note_start(const uuid& id) {
  auto update = db_->prepare("UPDATE journal SET start = ?");
  if (!update) return fail(update.error());
  return update->bind(1, id.text()).run();
}

result<void> catalog::migrate(std::uint64_t found_format) {
  return bring_up_to_date(*db_, found_format, catalog_steps);
}

result<void> catalog::insert_rows(std::span<const row> rows) {
  static const char* const sql =
      "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  if (!insert_row_) {
    auto made = db_->prepare(sql);
    if (!made) return fail(made.error());
    insert_row_ = std::move(*made);
  }
  const auto now = wall_clock_ms();
  for (const auto& [what, at] : rows) {
    insert_row_.bind(1, what.seq.value)
        .bind(2, static_cast<std::uint64_t>(what.kind))
        .bind(3, what.made_in.value)
        .bind(4, std::uint64_t{what.volume})
        .bind(5, what.range.offset)
        .bind(6, what.range.length)
        .bind(7, at.segment)
        .bind(8, at.position)
        .bind(9, std::uint64_t{what.data_length})
        .bind(10, std::uint64_t{what.data_crc})
        .bind(11, now);
    CAIRN_TRY(insert_row_.run());
  }
  return {};
}

result<void> catalog::save_markers(std::span<const marker_entry> entries) {
  if (entries.empty()) return {};
  auto insert = db_->prepare("INSERT OR REPLACE INTO markers VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  for (const auto& [shown, void_at] : entries) {
    insert->bind(1, shown.at.value)
        .bind(2, shown.body.marker.number.value)
        .bind(3, shown.body.marker.made_in.value)
        .bind(4, text_of(shown.body.lineage))
        .bind(5, hex(shown.body.group_hash))
        .bind(6, hex(shown.body.members_hash))
        .bind(7, shown.seal_at.value)
        .bind(8, void_at.value);
    CAIRN_TRY(insert->run());
  }
  return {};
}

result<void> catalog::forget_markers(std::span<const sequence> at) {
  for (const auto each : at) CAIRN_TRY(run("DELETE FROM markers WHERE sequence = ?", {each.value}));
  return {};
}

result<void> catalog::set_watermark(const char* name, sequence value) {
  auto update = db_->prepare("INSERT OR REPLACE INTO watermarks VALUES (?, ?)");
  if (!update) return fail(update.error());
  update->bind(1, std::string_view(name)).bind(2, value.value);
  return update->run();
}

result<void> catalog::add_segment(const catalog_segment& s) {
  auto insert = db_->prepare("INSERT INTO segments VALUES (?, ?, ?, ?, ?, NULL, 0)");
  if (!insert) return fail(insert.error());
  insert->bind(1, s.head.number).bind(2, s.file).bind(3, hex(s.head.salt));
  insert->bind(4, s.head.bytes).bind(5, s.head.made_in.value);
  return insert->run();
}

result<void> catalog::end_segment(std::uint64_t number, std::uint64_t end) {
  return run("UPDATE segments SET end = ?2 WHERE number = ?1 AND (end IS NULL OR end > ?2)",
             {number, end});
}

result<void> catalog::keep_segment_aside(std::uint64_t number) {
  return run("UPDATE segments SET aside = 1 WHERE number = ?", {number});
}

result<void> catalog::drop_segment(std::uint64_t number) {
  return run("DELETE FROM segments WHERE number = ?", {number});
}

result<void> catalog::add_start(const incarnation_start& start) {
  auto insert = db_->prepare("INSERT OR REPLACE INTO incarnations VALUES (?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(1, start.number.value).bind(2, start.in_lineage.text()).bind(3, start.kept_to.value);
  return insert->bind(4, text_of(start.id)).run();
}

result<void> catalog::save_volume(const volume_identity& v) {
  auto insert = db_->prepare("INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(1, v.name).bind(2, std::uint64_t{v.index}).bind(3, v.id.text());
  insert->bind(4, v.size_bytes).bind(5, hex(v.naa)).bind(6, v.serial);
  insert->bind(7, std::uint64_t{v.born_empty});
  return insert->run();
}

result<void> catalog::cut_behind(sequence last) {
  CAIRN_TRY(run("DELETE FROM records WHERE sequence > ?", {last.value}));
  CAIRN_TRY(run("DELETE FROM markers WHERE sequence > ?", {last.value}));
  CAIRN_TRY(run("UPDATE markers SET seal = 0 WHERE seal > ?", {last.value}));
  return run("UPDATE markers SET void = 0 WHERE void > ?", {last.value});
}

result<void> catalog::set_aside_behind(sequence last, const uuid& lineage) {
  auto insert = db_->prepare(
      "INSERT INTO aside SELECT ?, sequence, kind, made_in, volume, offset, length, segment, "
      "position, data_length, data_crc, arrived_ms FROM records WHERE sequence > ?");
  if (!insert) return fail(insert.error());
  CAIRN_TRY(insert->bind(1, lineage.text()).bind(2, last.value).run());
  return cut_behind(last);
}

result<void> catalog::trim(sequence upto) {
  CAIRN_TRY(run("DELETE FROM records WHERE sequence <= ?", {upto.value}));
  return set_watermark("trimmed", upto);
}

}  // namespace cairn

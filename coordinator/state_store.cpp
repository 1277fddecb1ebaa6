#include "coordinator/state_store.h"

#include <cerrno>
#include <chrono>

#include "storage/format_steps.h"
#include "storage/uuid_text.h"

namespace cairn {
namespace {

// From older formats to the one below; version 1 was in no release and is refused. Of all versions
// the table `identity` is read first: its columns stay.
constexpr format_steps steps{2, {}};

constexpr std::uint64_t markers_kept = 20'000;  // five and a half hours at one a second
constexpr std::uint64_t events_kept = 10'000;
constexpr std::uint64_t rows_between_cleaning = 1'000;
constexpr int patience_ms = 10;

constexpr const char* tables = R"(
  CREATE TABLE IF NOT EXISTS identity (
    only INTEGER PRIMARY KEY CHECK (only = 1), format INTEGER NOT NULL,
    group_name TEXT NOT NULL, role TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    marker_number INTEGER NOT NULL DEFAULT 0, marker_epoch INTEGER NOT NULL DEFAULT 0,
    selection_epoch INTEGER NOT NULL DEFAULT 0,
    choice_number INTEGER NOT NULL DEFAULT 0, choice_epoch INTEGER NOT NULL DEFAULT 0,
    choice_lineage TEXT NOT NULL DEFAULT '',
    takeover_number INTEGER, takeover_epoch INTEGER, takeover_lineage TEXT,
    takeover_from TEXT NOT NULL DEFAULT '',
    takeover_finished INTEGER NOT NULL DEFAULT 0);
  INSERT OR IGNORE INTO progress (only) VALUES (1);
  CREATE TABLE IF NOT EXISTS markers (
    number INTEGER NOT NULL, epoch INTEGER NOT NULL, lineage TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
    display_unix_ms INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    held_max_us INTEGER NOT NULL DEFAULT 0, round_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, epoch)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS switchovers (
    id TEXT PRIMARY KEY, lineage TEXT NOT NULL, display_unix_ms INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('asked', 'committed', 'aborted', 'done')));
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, display_unix_ms INTEGER NOT NULL,
    level TEXT NOT NULL, sentence TEXT NOT NULL);
)";

marker_view marker_of_row(const statement& row) {
  marker_view m;
  m.marker = {marker_number(row.column(0)), epoch(row.column(1))};
  m.name = row.text(2);
  m.display_unix_ms = static_cast<std::int64_t>(row.column(3));
  m.outcome = row.text(4);
  m.reason = row.text(5);
  m.held_max_us = row.column(6);
  m.round_us = row.column(7);
  return m;
}

}  // namespace

std::int64_t display_now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

result<std::unique_ptr<state_store>> state_store::open(disk& on, const std::string& directory,
                                                       const std::string& group, bool primary,
                                                       int lock_wait_ms) {
  CAIRN_TRY(on.make_directory(directory));
  auto lock = on.open(directory + "/lock", open_mode::create, true, lock_wait_ms);
  if (!lock) return fail(std::move(lock).error());
  auto db = database::open(on, directory + "/state.db", database::access::read_write);
  if (!db) return fail(std::move(db).error());
  std::unique_ptr<state_store> store(new state_store(std::move(*lock), std::move(*db)));
  const auto format = store->format();
  if (!format) return fail(format.error());
  if (*format == 0) {
    CAIRN_TRY(store->make_tables(group, primary));
  } else {
    CAIRN_TRY(check_format("coordinator's state " + store->db_->path(), *format, steps));
    CAIRN_TRY(store->check_identity(group, primary));
    CAIRN_TRY(bring_up_to_date(*store->db_, *format, steps));
  }
  store->db_->set_patience(patience_ms);
  return store;
}

result<std::uint64_t> state_store::format() {
  const auto number = [this](const char* select) -> result<std::uint64_t> {
    auto query = db_->prepare(select);
    if (!query) return fail(std::move(query).error());
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return fail(EBADMSG, db_->path() + ": table identity has no row");
    return query->column(0);
  };
  const auto there = number("SELECT count(*) FROM sqlite_schema WHERE name = 'identity'");
  if (!there || *there == 0) return there;
  return number("SELECT format FROM identity");
}

result<void> state_store::make_tables(const std::string& group, bool primary) {
  return db_->transaction(database::durability::full, [&]() -> result<void> {
    CAIRN_TRY(db_->execute(tables));
    auto insert = db_->prepare(
        "INSERT OR IGNORE INTO identity (only, format, group_name, role) VALUES (1, ?, ?, ?)");
    if (!insert) return fail(std::move(insert).error());
    insert->bind(1, newest_format(steps)).bind(2, std::string_view(group));
    insert->bind(3, std::string_view(primary ? "primary" : "secondary"));
    return insert->run();
  });
}

result<void> state_store::check_identity(const std::string& group, bool primary) {
  auto query = db_->prepare("SELECT group_name, role FROM identity");
  if (!query) return fail(std::move(query).error());
  const auto row = query->step();
  if (!row) return fail(row.error());
  const std::string role = primary ? "primary" : "secondary";
  if (query->text(0) != group || query->text(1) != role)
    return fail(EINVAL, db_->path() + " is the state of the " + query->text(1) +
                            " coordinator of group " + query->text(0) + ", not of the " + role +
                            " coordinator of group " + group);
  return {};
}

result<marker_id> state_store::last_marker() {
  auto query = db_->prepare("SELECT marker_number, marker_epoch FROM progress");
  if (!query) return fail(std::move(query).error());
  const auto row = query->step();
  if (!row) return fail(row.error());
  return marker_id{marker_number(query->column(0)), epoch(query->column(1))};
}

result<void> state_store::take_marker(marker_id marker, const std::string& name) {
  const auto now = static_cast<std::uint64_t>(display_now_ms());
  CAIRN_TRY(forget_old());
  return db_->transaction(database::durability::full, [&]() -> result<void> {
    auto update = db_->prepare("UPDATE progress SET marker_number = ?, marker_epoch = ?");
    if (!update) return fail(std::move(update).error());
    CAIRN_TRY(update->bind(1, marker.number.value).bind(2, marker.made_in.value).run());
    auto insert = db_->prepare(
        "INSERT INTO markers (number, epoch, name, display_unix_ms, outcome) "
        "VALUES (?, ?, ?, ?, 'running')");
    if (!insert) return fail(std::move(insert).error());
    insert->bind(1, marker.number.value).bind(2, marker.made_in.value);
    return insert->bind(3, std::string_view(name)).bind(4, now).run();
  });
}

result<void> state_store::end_marker(const marker_view& marker) {
  return db_->transaction(database::durability::normal, [&]() -> result<void> {
    auto update = db_->prepare(
        "UPDATE markers SET outcome = ?, reason = ?, held_max_us = ?, round_us = ? "
        "WHERE number = ? AND epoch = ?");
    if (!update) return fail(std::move(update).error());
    update->bind(1, std::string_view(marker.outcome)).bind(2, std::string_view(marker.reason));
    update->bind(3, marker.held_max_us).bind(4, marker.round_us);
    return update->bind(5, marker.marker.number.value).bind(6, marker.marker.made_in.value).run();
  });
}

result<selection_state> state_store::selection() {
  auto query = db_->prepare(
      "SELECT selection_epoch, choice_number, choice_epoch, takeover_number, takeover_epoch, "
      "takeover_lineage, takeover_finished, choice_lineage, takeover_from FROM progress");
  if (!query) return fail(std::move(query).error());
  const auto row = query->step();
  if (!row) return fail(row.error());
  selection_state state;
  state.current = epoch(query->column(0));
  state.choice = {marker_number(query->column(1)), epoch(query->column(2))};
  state.choice_lineage = uuid_of(query->text(7));
  if (query->is_null(3)) return state;
  const auto lineage = uuid::parse(query->text(5));
  if (!lineage) return fail(EIO, db_->path() + ": the lineage of the takeover can't be read");
  state.takeover = takeover_decision{{marker_number(query->column(3)), epoch(query->column(4))},
                                     *lineage,
                                     query->column(6) != 0,
                                     uuid_of(query->text(8))};
  return state;
}

result<void> state_store::save(const selection_state& state) {
  return db_->transaction(database::durability::full, [&]() -> result<void> {
    auto update = db_->prepare(
        "UPDATE progress SET selection_epoch = ?, choice_number = ?, choice_epoch = ?, "
        "takeover_number = ?, takeover_epoch = ?, takeover_lineage = ?, takeover_finished = ?, "
        "choice_lineage = ?, takeover_from = ?");
    if (!update) return fail(std::move(update).error());
    update->bind(1, state.current.value).bind(2, state.choice.number.value);
    update->bind(3, state.choice.made_in.value).bind(8, text_of(state.choice_lineage));
    if (!state.takeover) {
      update->bind_null(4)
          .bind_null(5)
          .bind_null(6)
          .bind(7, std::uint64_t{0})
          .bind(9, std::string());
      return update->run();
    }
    const std::string lineage = state.takeover->opened.text();
    update->bind(4, state.takeover->at.number.value).bind(5, state.takeover->at.made_in.value);
    update->bind(6, std::string_view(lineage)).bind(9, text_of(state.takeover->from));
    return update->bind(7, std::uint64_t{state.takeover->finished}).run();
  });
}

result<void> state_store::add_common(const std::vector<marker_id>& markers,
                                     std::int64_t display_unix_ms) {
  CAIRN_TRY(forget_old());
  return db_->transaction(database::durability::normal, [&]() -> result<void> {
    auto insert = db_->prepare(
        "INSERT OR IGNORE INTO markers (number, epoch, display_unix_ms, outcome) "
        "VALUES (?, ?, ?, 'sealed')");
    if (!insert) return fail(std::move(insert).error());
    for (const marker_id m : markers) {
      insert->bind(1, m.number.value).bind(2, m.made_in.value);
      insert->bind(3, static_cast<std::uint64_t>(display_unix_ms));
      CAIRN_TRY(insert->run());
    }
    return {};
  });
}

result<std::vector<marker_view>> state_store::markers(std::size_t limit) {
  auto query = db_->prepare(
      "SELECT number, epoch, name, display_unix_ms, outcome, reason, held_max_us, round_us "
      "FROM markers ORDER BY number DESC, epoch DESC LIMIT ?");
  if (!query) return fail(std::move(query).error());
  query->bind(1, std::uint64_t{limit});
  std::vector<marker_view> found;
  for (;;) {
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return found;
    found.push_back(marker_of_row(*query));
  }
}

result<void> state_store::add_event(const std::string& level, const std::string& sentence,
                                    std::int64_t display_unix_ms) {
  CAIRN_TRY(forget_old());
  return db_->transaction(database::durability::normal, [&]() -> result<void> {
    auto insert =
        db_->prepare("INSERT INTO events (display_unix_ms, level, sentence) VALUES (?, ?, ?)");
    if (!insert) return fail(std::move(insert).error());
    insert->bind(1, static_cast<std::uint64_t>(display_unix_ms)).bind(2, std::string_view(level));
    return insert->bind(3, std::string_view(sentence)).run();
  });
}

result<std::vector<event_view>> state_store::events(std::uint64_t after, std::size_t limit) {
  auto query = db_->prepare(
      "SELECT id, display_unix_ms, level, sentence FROM events WHERE id > ? ORDER BY id LIMIT ?");
  if (!query) return fail(std::move(query).error());
  query->bind(1, after).bind(2, std::uint64_t{limit});
  std::vector<event_view> found;
  for (;;) {
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return found;
    found.push_back({query->column(0), static_cast<std::int64_t>(query->column(1)), query->text(2),
                     query->text(3)});
  }
}

// The tables are bounded: by age in rows, looked at now and then.
result<void> state_store::forget_old() {
  if (++written_ < rows_between_cleaning) return {};
  written_ = 0;
  const auto kept = [](std::uint64_t n) { return std::to_string(n); };
  return db_->execute("DELETE FROM markers WHERE number <= (SELECT max(number) FROM markers) - " +
                      kept(markers_kept) +
                      "; DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - " +
                      kept(events_kept));
}

}  // namespace cairn

#include "storage/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <limits>

#include "base/heartbeat.h"
#include "base/invariant.h"

namespace cairn {
namespace {

constexpr int patience_at_first_ms = 5000;

int errno_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // locks changed hands too often
      return EBUSY;
    case SQLITE_NOMEM:
      return ENOMEM;
    case SQLITE_READONLY:
      return EROFS;
    case SQLITE_CANTOPEN:
      return ENOENT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return EBADMSG;
    default:
      return EIO;
  }
}

tl::unexpected<error> fail_sqlite(sqlite3* on, const std::string& what) {
  const int code = on == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(on);
  const std::string said = on == nullptr ? "out of memory" : sqlite3_errmsg(on);
  const std::string text = what + ": " + said + " (SQLite " + std::to_string(code) + ")";
  // Whatever SQLite could not read or write may be what it could not sync.
  if ((code & 0xff) == SQLITE_IOERR) return fail(EIO, text, error_class::final);
  return fail(errno_of(code), text);
}

bool is_failed_sync(sqlite3* on) {
  const int code = sqlite3_extended_errcode(on);
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

const char* file_of(sqlite3* on) {
  const char* name = sqlite3_db_filename(on, "main");
  return name == nullptr ? "database" : name;
}

// A process before this one may have ended with a failed fsync of the WAL: what is in memory only
// would be taken for committed, and later commits would be synced behind it.
void forget_cached_wal(disk& on, const std::string& path) {
  const auto wal = on.open(path + "-wal", open_mode::read_only);
  if (wal) (*wal)->forget_cached({0, (*wal)->size().value_or(0)});
}

}  // namespace

statement& statement::operator=(statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(raw_);
    raw_ = std::exchange(other.raw_, nullptr);
  }
  return *this;
}

statement::~statement() { sqlite3_finalize(raw_); }

statement& statement::bind(int index, std::uint64_t value) {
  CAIRN_INVARIANT("internal", value <= std::numeric_limits<std::int64_t>::max(),
                  "SQLite has no integer for " + std::to_string(value));
  sqlite3_bind_int64(raw_, index, static_cast<sqlite3_int64>(value));
  return *this;
}

statement& statement::bind(int index, std::string_view value) {
  sqlite3_bind_text64(raw_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

statement& statement::bind(int index, byte_view value) {
  sqlite3_bind_blob64(
      raw_, index, value.data() == nullptr ? reinterpret_cast<const std::byte*>("") : value.data(),
      value.size(), SQLITE_TRANSIENT);
  return *this;
}

statement& statement::bind_null(int index) {
  sqlite3_bind_null(raw_, index);
  return *this;
}

result<bool> statement::step() {
  const at_disk waits;
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(raw_);
    return false;
  }
  sqlite3* on = sqlite3_db_handle(raw_);
  auto failed = fail_sqlite(on, std::string(file_of(on)) + ": " + sqlite3_sql(raw_));
  sqlite3_reset(raw_);
  return failed;
}

result<void> statement::run() {
  for (;;) {
    const auto more = step();
    if (!more) return fail(more.error());
    if (!*more) return {};
  }
}

void statement::reset() { sqlite3_reset(raw_); }

std::uint64_t statement::column(int index) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(raw_, index));
}

std::string statement::text(int index) const {
  const auto* p = reinterpret_cast<const char*>(sqlite3_column_text(raw_, index));
  const auto n = static_cast<std::size_t>(sqlite3_column_bytes(raw_, index));
  return p == nullptr ? std::string() : std::string(p, n);
}

bytes statement::blob(int index) const {
  const auto* p = static_cast<const std::byte*>(sqlite3_column_blob(raw_, index));
  const auto n = static_cast<std::size_t>(sqlite3_column_bytes(raw_, index));
  return p == nullptr ? bytes() : bytes(p, p + n);
}

bool statement::is_null(int index) const { return sqlite3_column_type(raw_, index) == SQLITE_NULL; }

std::uint64_t visited_row::column(int index) const {
  return static_cast<std::uint64_t>(sqlite3_value_int64(raw_[index]));
}

result<std::unique_ptr<database>> database::open(disk& on, const std::string& path, access how) {
  const bool writes = how == access::read_write;
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX;
  if (writes) forget_cached_wal(on, path);
  const at_disk waits;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, on.sqlite_vfs());
  std::unique_ptr<database> opened(new database(on, raw, path));
  if (code != SQLITE_OK) return fail_sqlite(raw, "open " + path);
  sqlite3_extended_result_codes(raw, 1);
  opened->set_patience(patience_at_first_ms);
  CAIRN_TRY(opened->execute("PRAGMA foreign_keys = ON"));
  // temp_store: nothing of ours may land outside the directory that the owner gave us.
  CAIRN_TRY(opened->execute("PRAGMA temp_store = MEMORY"));
  // Closing checkpoints and removes the WAL; not one that was there, before something was written.
  if (on.exists(path + "-wal"))
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return opened;
}

void database::set_patience(int milliseconds) { sqlite3_busy_timeout(raw_, milliseconds); }

result<void> database::prepare_to_write() {
  CAIRN_TRY(execute("PRAGMA journal_mode = WAL"));
  CAIRN_TRY(execute("PRAGMA journal_size_limit = " + std::to_string(wal_kept_bytes)));
  // This also takes the place of SQLite's hook, which checkpoints and ignores errors.
  const auto note_pages = [](void* pages, sqlite3*, const char*, int in_wal) {
    *static_cast<int*>(pages) = in_wal;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(raw_, note_pages, &wal_pages_);
  // Going to WAL leaves a removed rollback journal behind. Should a loss of power bring it back, it
  // would roll back the database under its WAL.
  CAIRN_TRY(on_.sync_directory(directory_of(path_)));
  sqlite3_db_config(raw_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  writes_ = true;
  return {};
}

database::~database() {
  const at_disk waits;
  sqlite3_close_v2(raw_);
}

result<void> database::execute(const std::string& sql) {
  if (failed_) return fail(*failed_);
  const at_disk waits;
  if (sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  auto why = fail_sqlite(raw_, path_ + ": " + sql.substr(0, sql.find('\n')));
  return is_failed_sync(raw_) ? fail_for_good(std::move(why)) : std::move(why);
}

result<statement> database::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(raw_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) return fail_sqlite(raw_, path_ + ": " + std::string(sql));
  return statement(made);
}

result<void> database::visit_rows(const std::string& columns, const std::string& from,
                                  std::initializer_list<std::uint64_t> values,
                                  const visitor& visit) {
  CAIRN_TRY(define_visitor(&visit));
  auto visited = [&]() -> result<void> {
    auto select = prepare("SELECT cairn_visit(" + columns + ") FROM " + from);
    if (!select) return fail(select.error());
    int index = 1;
    for (const auto value : values) select->bind(index++, value);
    return select->run();
  }();
  CAIRN_TRY(define_visitor(nullptr));
  return visited;
}

// An aggregate function of SQL, whose result is NULL. nullptr: it is not known any more.
result<void> database::define_visitor(const visitor* visit) {
  const auto each = [](sqlite3_context* context, int, sqlite3_value** row) {
    (*static_cast<const visitor*>(sqlite3_user_data(context)))(visited_row(row));
  };
  const auto end = [](sqlite3_context*) {};
  const bool known = visit != nullptr;
  const int code =
      sqlite3_create_function_v2(raw_, "cairn_visit", -1, SQLITE_UTF8, const_cast<visitor*>(visit),
                                 nullptr, known ? +each : nullptr, known ? +end : nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return fail_sqlite(raw_, path_ + ": cairn_visit");
}

result<void> database::begin(durability how) {
  if (!writes_) CAIRN_TRY(prepare_to_write());
  if (current_ != how) {
    CAIRN_TRY(execute(how == durability::full ? "PRAGMA synchronous = FULL"
                                              : "PRAGMA synchronous = NORMAL"));
    current_ = how;
  }
  return execute("BEGIN IMMEDIATE");
}

result<void> database::commit() {
  if (auto done = execute("COMMIT"); !done) {
    roll_back();
    return done;
  }
  return checkpoint_if_grown();
}

result<void> database::checkpoint_if_grown() {
  if (wal_pages_ < checkpoint_pages) return {};
  const at_disk waits;
  // PASSIVE: readers are not waited for, and the WAL keeps its blocks, which are written over from
  // its beginning by the commit behind the checkpoint that was complete.
  const int code =
      sqlite3_wal_checkpoint_v2(raw_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:  // the WAL has it all; the next checkpoint may find room
      return {};
    default:
      return fail_for_good(fail_sqlite(raw_, path_ + ": checkpoint"));
  }
}

tl::unexpected<error> database::fail_for_good(tl::unexpected<error> why) {
  failed_ = why.value();
  // Closing checkpoints, too. The WAL may no longer hold what SQLite believes that it wrote there.
  sqlite3_db_config(raw_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return why;
}

void database::roll_back() {
  // After some errors SQLite has rolled back by itself; a second one is refused, harmlessly.
  if (sqlite3_get_autocommit(raw_) == 0) sqlite3_exec(raw_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace cairn

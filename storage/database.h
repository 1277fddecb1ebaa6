// A thin hand on SQLite: one connection, prepared statements, transactions.
//
// Not thread-safe: the owner's lock guards it. Of all connections to one database exactly one is
// opened for writing, and only that one checkpoints; SQLite before 3.51.3 can corrupt a WAL
// database otherwise. Readers are opened read-only.
//
// SQLite's own checkpoints ignore a failed fsync of the WAL, after which nothing that was committed
// is sure to be on the disk (I9). So the writer checkpoints itself, at the end of a transaction
// while the WAL has more than checkpoint_pages. An I/O error there fails that transaction, although
// it is committed, and all that follow; so does a failed fsync anywhere.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/disk.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_value;

namespace cairn {

// A prepared statement. Parameters are numbered from 1, columns from 0. Unsigned 64-bit values are
// stored as SQLite's signed integers; values of 2^63 and above are refused by bind (internal bug).
class statement {
 public:
  statement() = default;
  explicit statement(sqlite3_stmt* raw) : raw_(raw) {}
  statement(statement&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  statement& operator=(statement&& other) noexcept;
  ~statement();
  explicit operator bool() const { return raw_ != nullptr; }

  statement& bind(int index, std::uint64_t value);
  statement& bind(int index, std::string_view value);
  statement& bind(int index, byte_view value);
  statement& bind_null(int index);

  // true: a row is there to be read; false: done. Resets itself when done or failed.
  result<bool> step();
  // Runs to the end, ignoring rows.
  result<void> run();
  void reset();

  std::uint64_t column(int index) const;
  std::string text(int index) const;
  bytes blob(int index) const;
  bool is_null(int index) const;

 private:
  sqlite3_stmt* raw_ = nullptr;
};

// A row while database::visit_rows() shows it. Columns are numbered from 0.
class visited_row {
 public:
  explicit visited_row(sqlite3_value** raw) : raw_(raw) {}
  std::uint64_t column(int index) const;

 private:
  sqlite3_value** raw_;
};

class database {
 public:
  enum class access { read_write, read_only };
  enum class durability { normal, full };  // PRAGMA synchronous for the next transactions

  static constexpr int checkpoint_pages = 1000;
  // What a WAL that a reader has kept from shrinking shrinks to when it begins anew.
  static constexpr int wal_kept_bytes = 8 << 20;

  // WAL mode, foreign keys on, busy timeout 5 s. On read_write: makes it where it is missing.
  // Until the first transaction nothing of it is written, neither here nor at its end: what was
  // only looked at, to find that it is not for us, stays as it is (but for the file -shm, which is
  // SQLite's scratch memory). So changes belong into transactions.
  static result<std::unique_ptr<database>> open(disk& on, const std::string& path, access how);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  // One or more statements without parameters.
  result<void> execute(const std::string& sql);
  result<statement> prepare(std::string_view sql);
  // Calls `visit` for each row of `SELECT columns FROM from`, in any order; `values` are bound to
  // the parameters. The rows stay inside of SQLite: where there are millions, this takes two thirds
  // of the time that step() takes. `visit` must neither throw nor use this database.
  using visitor = std::function<void(const visited_row&)>;
  result<void> visit_rows(const std::string& columns, const std::string& from,
                          std::initializer_list<std::uint64_t> values, const visitor& visit);
  // BEGIN IMMEDIATE, body, COMMIT; ROLLBACK when body fails. `full`: the commit is synced before
  // it returns (survives loss of power).
  template <class F>
  result<void> transaction(durability how, F&& body) {
    CAIRN_TRY(begin(how));
    if (auto done = body(); !done) {
      roll_back();
      return fail(std::move(done).error());
    }
    return commit();
  }
  // How long each statement waits where another connection has locked the database, before it fails
  // with EBUSY; 5 s at first.
  void set_patience(int milliseconds);
  const std::string& path() const { return path_; }

 private:
  database(disk& on, sqlite3* raw, std::string path) : on_(on), raw_(raw), path_(std::move(path)) {}
  result<void> prepare_to_write();
  result<void> define_visitor(const visitor* visit);
  result<void> begin(durability how);
  result<void> commit();
  void roll_back();
  result<void> checkpoint_if_grown();
  tl::unexpected<error> fail_for_good(tl::unexpected<error> why);

  disk& on_;
  sqlite3* raw_;
  std::string path_;
  bool writes_ = false;  // a transaction was begun
  std::optional<durability> current_;
  int wal_pages_ = 0;  // in the WAL after the last commit
  std::optional<error> failed_;
};

}  // namespace cairn

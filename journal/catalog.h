// The catalog: one SQLite database with the update information of a journal. docs/journal.md, "the
// catalog", has the schema and what each commit must contain.
//
// One connection writes and checkpoints; it is this. Not thread-safe: the journal's catalog lock
// guards it. Rows for readers come through catalog_reader, a read-only connection of its own.
//
// Not here: which changes belong into one commit. The journal says so by commit(how, body).
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "journal/marker_book.h"
#include "journal/segment.h"
#include "storage/database.h"

namespace cairn {

struct catalog_identity {
  std::uint64_t format = 0;  // of the tables, as found
  uuid journal;
  std::string group;
  std::string member;
};

struct catalog_segment {
  segment_header head;
  std::string file;
  std::optional<std::uint64_t> end;  // bytes behind it are no records
  bool aside = false;                // holds records that were set aside: not scanned, not recycled
};

// The first and last sequence of the rows in one segment.
struct segment_span {
  std::uint64_t segment = 0;
  sequence first, last;
};

// What one pass over rows tells.
struct row_survey {
  std::uint64_t sequences = 0;                 // that the rows stand for
  std::vector<segment_span> spans;             // of rows that have a place, a segment each
  std::map<std::uint32_t, held_changes> held;  // by the volume's index

  void placed(std::uint64_t segment, sequence at);
};

struct catalog_watermarks {
  sequence durable, backed, trimmed, peer_stored;
};

class catalog {
 public:
  static result<std::unique_ptr<catalog>> open(disk& on, const std::string& path);

  // ---- reading; outside or inside a commit
  // nullopt: the tables are not there yet. EPROTONOSUPPORT: of a format that can't be read.
  result<std::optional<catalog_identity>> identity();
  result<catalog_watermarks> watermarks();
  result<std::vector<catalog_segment>> segments();
  // Adds rows [from, upto] to what `all` tells. At a start there may be ten million, so they are
  // passed once.
  result<void> survey(sequence from, sequence upto, row_survey& all);
  // As journal::rows().
  result<std::vector<row>> rows(sequence from, sequence upto, std::size_t rows_max);
  // The last row at or below `upto` that has a place.
  result<std::optional<row>> last_placed(sequence upto);
  result<std::vector<marker_entry>> markers();
  result<std::vector<incarnation_start>> starts();
  result<std::vector<volume_identity>> volumes();
  result<member_state> state();
  std::uint64_t file_bytes();  // of the database and its WAL, about

  // Brings tables of an older format up to date; a commit of its own, durable when it returns.
  result<void> migrate(std::uint64_t found_format);

  // ---- changing; only inside commit()
  template <class F>
  result<void> commit(database::durability how, F&& body) {
    return db_->transaction(how, std::forward<F>(body));
  }
  result<void> make_tables(const catalog_identity& identity);  // of the newest format
  result<void> insert_rows(std::span<const row> rows);
  result<void> save_markers(std::span<const marker_entry> entries);
  result<void> forget_markers(std::span<const sequence> at);
  result<void> set_watermark(const char* name, sequence value);
  result<void> add_segment(const catalog_segment& s);
  result<void> end_segment(std::uint64_t number, std::uint64_t end);
  result<void> keep_segment_aside(std::uint64_t number);
  result<void> drop_segment(std::uint64_t number);
  result<void> add_start(const incarnation_start& start);
  result<void> save_volume(const volume_identity& v);
  result<void> save_state(const member_state& s);
  result<void> note_start(const uuid& id);
  // Rows, markers, seals and voids above `last` go.
  result<void> cut_behind(sequence last);
  // The rows above `last` move into `aside`.
  result<void> set_aside_behind(sequence last, const uuid& lineage);
  result<void> trim(sequence upto);

 private:
  catalog(disk& on, std::unique_ptr<database> db) : on_(on), db_(std::move(db)) {}
  result<void> save_lineages(const lineage_history& all);
  result<void> save_peer(const known_peer& peer);
  result<lineage_history> lineages();
  result<known_peer> peer();
  result<void> run(const std::string& sql, std::initializer_list<std::uint64_t> values);

  disk& on_;
  std::unique_ptr<database> db_;
  statement insert_row_;
};

// Reads rows while the catalog writes. Not thread-safe.
class catalog_reader {
 public:
  static result<std::unique_ptr<catalog_reader>> open(disk& on, const std::string& path);
  result<std::vector<row>> rows(sequence from, sequence upto, std::size_t rows_max);

 private:
  explicit catalog_reader(std::unique_ptr<database> db) : db_(std::move(db)) {}
  std::unique_ptr<database> db_;
  statement select_;
};

}  // namespace cairn

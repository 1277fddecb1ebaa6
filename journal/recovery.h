// What a start of a journal finds: trusts the rows up to the durable watermark, scans behind them,
// makes gaps (a primary) or cuts at the first hole (a secondary), and commits the outcome. Every
// step may be interrupted and repeated. docs/journal.md, "recovery".
//
// Runs once, in one thread, before the journal exists.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "journal/catalog.h"
#include "journal/journal.h"
#include "journal/marker_book.h"
#include "journal/scan.h"
#include "journal/segment.h"

namespace cairn {

struct recovered {
  uuid journal;
  uuid start;     // drawn by this recovery
  sequence last;  // of the journal; everything up to it is durable
  catalog_watermarks watermarks;
  std::vector<segment_ptr> in_use;   // open files, ascending
  row_survey survey;                 // of all rows
  std::vector<std::uint64_t> aside;  // numbers of segments that hold records set aside
  std::vector<std::string> free_files;
  std::uint64_t next_segment = 1;
  std::vector<marker_entry> markers;
  std::vector<volume_identity> volumes;
  std::vector<incarnation_start> starts;
  member_state state;
  recovery_report report;
};

class recovery {
 public:
  recovery(disk& on, const journal_options& options, random_source& random, catalog& in)
      : on_(on), options_(options), random_(random), catalog_(in) {}

  result<recovered> run();

 private:
  struct free_file {
    std::string name;
    std::uint64_t written = 0;  // bytes
  };
  struct known_segment {
    catalog_segment row;
    segment_ptr open;
  };

  result<void> make_journal();
  result<void> load();
  result<void> open_segments();
  result<void> sort_files();
  result<void> judge_free_file(const std::string& name);
  result<void> check_rows();
  result<void> verify_pending();
  result<std::vector<scan_range>> ranges_to_scan();
  result<void> scan();
  result<void> check_damage() const;
  void fill_holes();
  void cut_at_hole();
  void settle();
  result<void> sync_scanned();
  result<void> commit();
  result<void> close_segments();
  result<void> reload();
  bool keeps_to_holes() const;  // a primary's recovery: holes become gaps
  std::string segments_path() const { return options_.directory + "/segments"; }

  disk& on_;
  const journal_options& options_;
  random_source& random_;
  catalog& catalog_;
  recovered out_;
  std::vector<known_segment> known_;
  std::vector<free_file> free_;
  std::vector<std::string> unusable_;  // free files of another size; removed
  std::vector<scan_range> scanned_;
  std::vector<found_record> found_;
  marker_book book_;       // of what was found; loaded with what the catalog vouches for
  std::vector<row> kept_;  // rows above the watermark, in order of sequence
  std::optional<sequence> first_hole_;
  std::optional<incarnation_start> made_start_;
  sequence vouched_;  // everything up to here was durable once; a hole there is damage
};

}  // namespace cairn

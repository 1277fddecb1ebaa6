// Recovery's search for records that the catalog does not vouch for: everything in a segment behind
// the last trusted record. docs/journal.md, "a record that was found by a scan counts if".
//
// Reads only. Not here: what becomes of what was found (recovery.h).
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "journal/journal.h"
#include "journal/segment.h"

namespace cairn {

struct found_record {
  row what;
  std::optional<marker_body> marker;  // of marker, seal, void
};

struct scan_range {
  segment_ptr in;
  std::uint64_t from = 0;  // bytes, a multiple of 512
  std::uint64_t end = 0;   // exclusive; records end at or before it
};

struct scan_rules {
  sequence above;                      // only sequences above it count
  std::optional<incarnation> made_in;  // only records of this incarnation count
};

// Appends the records of `range` that count, in order of position. An error is one of reading, or
// EPROTONOSUPPORT for a whole record of a version or kind that is not known: it is never skipped.
result<void> scan_segment(const scan_range& range, const scan_rules& rules,
                          std::vector<found_record>& found);

// How many of `rows` (at least one) lie one behind the other in one segment, so that one read gets
// them; few enough that it reads about 1 MiB.
std::size_t run_length(std::span<const row> rows);

// Header and data of the records of such a run, appended to `out` as they lie there, each checked
// against its row: EBADMSG that names sequence, file and position; what is before the damaged one
// is in `out`.
result<void> read_run(const segment& in, std::span<const row> run, raw_bytes& out);

}  // namespace cairn

// Zeroes written ahead of the appends, into blocks of a segment that were never written.
//
// A file system notes at the first sync of such a block that it is written now: one more write, or
// a commit of its own journal, in each FLUSH of a host that flushes after each write. So where
// syncs follow one another closely, one of them writes zeroes for the next ones (docs/journal.md).
//
// Pure: says what is due. Not thread-safe: the journal's append lock guards it. The zeroes are
// written outside of that lock; meanwhile appends must stay below them.
#pragma once
#include <algorithm>
#include <optional>

#include "base/byte_range.h"
#include "journal/segment.h"

namespace cairn {

class zeroes_ahead {
 public:
  static constexpr std::uint64_t run_bytes = 256U << 10;
  static constexpr std::uint64_t close_bytes = 64U << 10;  // between two syncs, at most

  struct run {
    segment_ptr in;
    byte_range range;  // bytes of the file, whole blocks
  };

  // At each sync: `position` is behind the last record that has a place in `open`. What is returned
  // has to be written before end() is called; until then nothing else is due.
  std::optional<run> begin(const segment_ptr& open, std::uint64_t position) {
    const auto last = synced_;
    synced_ = {open->head.number, position};
    const bool close = last.segment == synced_.segment && position - last.position <= close_bytes;
    const std::uint64_t written = open->written_to;
    if (!close || position + close_bytes <= written) return {};
    const auto from = std::max(written, align_up(position, sync_block_bytes));
    const auto to = std::min(from + run_bytes, open->head.bytes);
    if (from >= to) return {};
    under_way_ = {open->head.number, from};
    return run{open, {from, to - from}};
  }
  void end() { under_way_ = {}; }

  // Whether a record that ends at `upto` would be overwritten with zeroes.
  bool in_the_way(const segment& open, std::uint64_t upto) const {
    return under_way_.segment == open.head.number && upto > under_way_.position;
  }

 private:
  struct place {
    std::uint64_t segment = 0;  // 0: none
    std::uint64_t position = 0;
  };
  place synced_, under_way_;
};

}  // namespace cairn

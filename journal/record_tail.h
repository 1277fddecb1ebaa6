// The newest rows of a journal, in memory: those that the catalog lacks, and some more for a sender
// that keeps up. Not thread-safe: the journal's append lock guards it.
//
// Invariant: holds the rows of exactly the sequences [first(), end). Of a void-range one row stands
// for many; while there is none, a row is found by its number alone.
#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>

#include "base/invariant.h"
#include "journal/journal.h"

namespace cairn {

inline constexpr std::size_t tail_rows_max = 1U << 16;     // kept when the catalog has them; 7 MB
inline constexpr std::size_t backlog_rows_max = 1U << 17;  // not yet in the catalog; 14 MB

class record_tail {
 public:
  void restart_behind(sequence last) {
    rows_.clear();
    first_ = end_ = last.next();
  }
  sequence first() const { return first_; }
  std::size_t size() const { return rows_.size(); }
  bool holds(sequence at) const { return at >= first_ && at < end_; }

  void push(const row& next) {
    CAIRN_INVARIANT("internal", first_of(next.what) == end_,
                    "the tail skips to " + std::to_string(first_of(next.what).value));
    rows_.push_back(next);
    end_ = next.what.seq.next();
  }
  // The row that stands for `n`.
  row& at(sequence n) {
    CAIRN_INVARIANT("internal", holds(n), "the tail lacks " + std::to_string(n.value));
    if (end_.value - first_.value == rows_.size()) return rows_[n.value - first_.value];
    return *std::ranges::lower_bound(rows_, n, {}, [](const row& r) { return r.what.seq; });
  }
  // Forgets rows that the catalog has, down to tail_rows_max.
  void shrink(sequence catalogued) {
    while (rows_.size() > tail_rows_max && first_ <= catalogued) {
      first_ = rows_.front().what.seq.next();
      rows_.pop_front();
    }
  }

 private:
  std::deque<row> rows_;
  sequence first_ = sequence(1);
  sequence end_ = sequence(1);  // behind the last
};

}  // namespace cairn

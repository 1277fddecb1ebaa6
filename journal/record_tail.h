// The newest rows of a journal, in memory: those that the catalog lacks, and some more for a sender
// that keeps up. Not thread-safe: the journal's append lock guards it.
//
// Invariant: holds exactly the sequences [first(), first() + size()).
#pragma once
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
    first_ = last.next();
  }
  sequence first() const { return first_; }
  std::size_t size() const { return rows_.size(); }
  bool holds(sequence at) const { return at >= first_ && at.value < first_.value + rows_.size(); }

  void push(const row& next) {
    CAIRN_INVARIANT("internal", next.what.seq.value == first_.value + rows_.size(),
                    "the tail skips to " + std::to_string(next.what.seq.value));
    rows_.push_back(next);
  }
  row& at(sequence n) {
    CAIRN_INVARIANT("internal", holds(n), "the tail lacks " + std::to_string(n.value));
    return rows_[n.value - first_.value];
  }
  // Forgets rows that the catalog has, down to tail_rows_max.
  void shrink(sequence catalogued) {
    while (rows_.size() > tail_rows_max && first_ <= catalogued) {
      rows_.pop_front();
      first_ = first_.next();
    }
  }

 private:
  std::deque<row> rows_;
  sequence first_ = sequence(1);
};

}  // namespace cairn

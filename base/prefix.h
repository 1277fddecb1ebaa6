// Turns events that arrive out of order (1, 3, 2 …) into the end of the unbroken prefix (1, 1, 3).
// Not thread-safe; the owner's lock guards it. Memory: one bit for each number between the prefix
// and the newest mark, so it is bounded by how many operations are in flight.
#pragma once
#include <cstdint>
#include <deque>

#include "base/invariant.h"

namespace cairn {

class prefix {
 public:
  explicit prefix(std::uint64_t reached = 0) : reached_(reached) {}

  // Every number from 1 up to and including this one is marked. Invariant: marked_[0] is reached_+1
  // and is false, or marked_ is empty.
  std::uint64_t reached() const { return reached_; }

  // Marks n; each n above reached() at most once. Returns the new reached().
  std::uint64_t mark(std::uint64_t n) {
    CAIRN_INVARIANT("internal", n > reached_, "a number was marked twice");
    const auto index = static_cast<std::size_t>(n - reached_ - 1);
    if (index >= marked_.size()) marked_.resize(index + 1, false);
    marked_[index] = true;
    while (!marked_.empty() && marked_.front()) {
      marked_.pop_front();
      ++reached_;
    }
    return reached_;
  }

  // Marks all from the next number up to `last` at once; nothing beyond was marked. Returns `last`.
  std::uint64_t jump(std::uint64_t last) {
    CAIRN_INVARIANT("internal", last > reached_ && marked_.empty(), "a prefix jumps over marks");
    return reached_ = last;
  }

 private:
  std::uint64_t reached_;
  std::deque<bool> marked_;
};

}  // namespace cairn

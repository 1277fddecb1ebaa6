// What is kept for people only: outcomes of markers, common markers, events.
//
// A row is written at once where that can be done. While it can't, because somebody has locked the
// state or its disk is full, rows wait here in their order, and try_again() writes them when it is
// over. Bounds: rows_max rows, of which the oldest are dropped, and said to be; after a failure
// that is final, none. Owned by the coordinator's thread.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "coordinator/state_store.h"

namespace cairn {

class history {
 public:
  using row = std::function<result<void>(state_store&)>;
  static constexpr std::size_t rows_max = 1'000;

  // `store` outlives it.
  explicit history(state_store& store) : store_(store) {}

  void add(row r);
  void try_again();  // now and then

 private:
  void write_waiting();

  state_store& store_;
  std::deque<row> waiting_;
  std::uint64_t dropped_ = 0;
  bool failed_ = false;
};

}  // namespace cairn

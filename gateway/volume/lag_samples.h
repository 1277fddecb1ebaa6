// How far behind a peer or an apply is, in time, bytes and records, without a note for each record:
// samples of (time, sequence, cumulative counts of each volume), at most one in 50 ms.
//
// Answers are exact when nothing is behind and otherwise at most one sample too high. Ages are of
// the observer's own monotonic clock. Not thread-safe. Bounded: when it is full, every second
// sample goes, so an hour of backlog costs as much as a minute.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/number.h"

namespace cairn {

struct volume_count {
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
};

struct lag {
  std::chrono::milliseconds oldest{0};  // age of the oldest record behind; 0: none
  volume_count total;
  std::vector<volume_count> volumes;
};

class lag_samples {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t samples_max = 4096;

  explicit lag_samples(std::size_t volumes) : counts_(volumes) {}

  // A record of `length` bytes for volume `v` (from 0) was added, at or before `upto`.
  void add(std::size_t v, std::uint64_t length, sequence upto, time now) {
    add(v, volume_count{length, 1}, upto, now);
  }
  // The same for several records, the last of which is `upto`.
  void add(std::size_t v, volume_count more, sequence upto, time now);
  // What was added after `reached`, seen at `now`.
  lag behind(sequence reached, time now) const;
  // Samples at or before `reached` are needed no more.
  void forget(sequence reached);
  // Since the start.
  const std::vector<volume_count>& totals() const { return counts_; }

 private:
  struct sample {
    time taken;                        // of the first record behind it
    sequence before;                   // counts hold everything up to here
    std::vector<volume_count> counts;  // cumulative
  };
  void thin();

  std::vector<volume_count> counts_;
  sequence newest_;
  std::vector<sample> samples_;  // ascending in time and sequence
};

}  // namespace cairn

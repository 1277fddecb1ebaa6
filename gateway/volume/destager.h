// Moves journaled records into the backing files, a batch at a time (I1).
//
// A batch is a run of consecutive records up to a limit that the caller vouches for (durable, and
// released or applied). Within it, what is overwritten by a later record OF THE BATCH is skipped:
// a record behind the batch may still be lost, so it excuses nothing. Neighbours are merged into
// one pwrite. Each record's checksum is checked on the way: damage in a segment never reaches a
// backing file. One thread at a time.
#pragma once
#include <atomic>
#include <functional>
#include <vector>

#include "gateway/volume/volume.h"
#include "journal/journal.h"

namespace cairn {

class destager {
 public:
  static constexpr std::size_t batch_rows_max = 8192;
  static constexpr std::uint64_t batch_bytes_max = 32U << 20;

  // `volumes` by index - 1; both outlive this.
  destager(journal& log, const std::vector<volume*>& volumes, sequence destaged)
      : log_(log), volumes_(volumes), destaged_(destaged.value) {}

  sequence destaged() const { return sequence(destaged_.load()); }
  // Destages the next batch of records up to `limit`. false: nothing to do. An error names the
  // volume, which has failed, or (damage) the damaged record. Without space nothing has: the batch
  // stays pending and may be tried again.
  result<bool> step(sequence limit);
  // Of the records destaged since the start, bytes.
  std::uint64_t moved_bytes() const { return moved_bytes_; }
  // Syncs every backing file that was written since the last call; what was destaged before the
  // call is `backed` when this returns without an error.
  result<sequence> sync();

 private:
  static constexpr std::size_t absent = ~std::size_t{0};

  struct batch {
    std::vector<row> rows;            // consecutive
    std::vector<pending_map> newest;  // by volume: what of the rows is not overwritten among them
    std::vector<std::size_t> at;      // by row: where its data begins in records_, or absent
  };

  // Reads the rows whose data `newest` names.
  result<void> load(batch& b);
  result<void> write_volume(const batch& b, std::size_t index);
  static std::size_t run_length(std::span<const pending_extent> rest);
  static std::size_t index_of(const batch& b, sequence at);
  void settle(const batch& b);
  result<void> write_run(const batch& b, volume& to, std::span<const pending_extent> run);

  journal& log_;
  const std::vector<volume*>& volumes_;
  std::atomic<std::uint64_t> destaged_;
  std::atomic<std::uint64_t> moved_bytes_{0};
  raw_bytes records_;        // header and data of rows of the batch; kept for the next one
  std::vector<bool> dirty_;  // by volume: written since its last sync
};

}  // namespace cairn

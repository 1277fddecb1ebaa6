// A journal on a real directory (below $TMPDIR) whose segment files were all written once: what an
// append meets in a gateway that has run for a while. Without a member: nothing is destaged, the
// owner says when records are no longer needed.
#pragma once
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "journal/journal.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {

// A figure of something that failed is none: ends the process.
template <class R>
void must(const R& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().text.c_str());
  std::abort();
}

bytes random_bytes(std::size_t length);

class warm_journal {
 public:
  explicit warm_journal(std::uint64_t size_max = 1ULL << 30);
  ~warm_journal() { stop_rows(); }

  journal& log() { return *log_; }
  // One write to volume 1; of nothing: one trim, which has no data.
  void append(byte_view content);
  // Nothing is pending any more: all segments are free again.
  void forget_all();
  // Rows go into the catalog and segments are made ready behind the appends, as in a member.
  void start_rows();
  void stop_rows();
  // As after a kill: what has no rows is found by the scan.
  void open_again();

 private:
  void open();

  const std::uint64_t size_max_;
  temporary_directory where_;
  std::unique_ptr<journal> log_;
  std::thread rows_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace cairn

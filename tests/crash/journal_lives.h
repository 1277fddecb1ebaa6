// A journal through many short lives, without a member: it starts, having died any number of times
// on the way, and its process ends by a kill or a loss of power. What must be there is up to who
// derives from it.
#pragma once
#include <gtest/gtest.h>

#include <memory>

#include "journal/journal.h"
#include "tests/support/virtual_disk.h"

namespace cairn {

class journal_lives {
 protected:
  journal_lives(std::uint64_t seed, member_role role, std::uint64_t size_max);

  // Up, unless the test has failed.
  recovery_report start();
  void end_process();
  // What a row says and the bytes that it is about.
  struct found {
    row what;
    bytes data;
  };
  // The test has failed where there is no such record.
  found read_back(sequence n);
  // The world may say no only where the process died, or where the journal is full.
  template <class R>
  bool must(const R& done) {
    if (!done && !disk_.died() && done.error().code != ENOSPC) ADD_FAILURE() << done.error().text;
    return bool(done);
  }

  virtual_disk disk_;
  seeded_random random_;
  journal_options options_;
  std::unique_ptr<journal> log_;
  bool power_was_cut_ = false;  // since whoever derives from this said otherwise
  std::uint64_t failed_starts_ = 0;
};

}  // namespace cairn

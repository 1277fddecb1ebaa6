// I9: a failed fdatasync is final. The kernel may have dropped the dirty pages with the error, so a
// second call that succeeds proves nothing.
//
// Not thread-safe: the owner's lock guards it, one guard for all files whose syncs it makes.
#pragma once
#include "base/invariant.h"
#include "storage/disk.h"

namespace cairn {

class sync_guard {
 public:
  // f.sync(). Never to be called again once it failed; the owner stops before.
  result<void> sync(file& f) {
    CAIRN_INVARIANT("I9", !failed_, "fdatasync of " + f.path() + " after one has failed");
    auto done = f.sync();
    failed_ = !done;
    return done;
  }

 private:
  bool failed_ = false;
};

}  // namespace cairn

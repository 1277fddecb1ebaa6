#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace cairn {
namespace {

TEST(error_test, WhatCanBeDoneFollowsFromTheErrnoUnlessItsMakerSaysMore) {
  EXPECT_EQ((error{ENOSPC, ""}).is, error_class::no_space);
  EXPECT_EQ((error{EDQUOT, ""}).is, error_class::no_space);
  EXPECT_EQ((error{EBUSY, ""}).is, error_class::passing);
  EXPECT_EQ((error{EIO, ""}).is, error_class::passing);
  EXPECT_EQ((error{EBADMSG, ""}).is, error_class::damage);
  EXPECT_EQ((error{EPROTO, ""}).is, error_class::peer);
  EXPECT_EQ((error{EINVAL, ""}).is, error_class::refused);
  const result<void> synced = fail_errno(ENOSPC, "fdatasync a", error_class::final);
  EXPECT_EQ(synced.error().is, error_class::final);
  EXPECT_EQ(synced.error().text, "fdatasync a: No space left on device");
}

// A step in between keeps it, whatever it says more.
TEST(error_test, AnErrorThatIsPassedOnKeepsItsClass) {
  const auto inner = []() -> result<void> { return fail(EIO, "sync", error_class::final); };
  const auto outer = [&]() -> result<int> {
    if (const auto done = inner(); !done) return fail_in("state.db", done.error());
    return 1;
  };
  EXPECT_EQ(outer().error().text, "state.db: sync");
  EXPECT_EQ(outer().error().is, error_class::final);
}

}  // namespace
}  // namespace cairn

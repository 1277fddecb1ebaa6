#include "base/hang_watch.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using std::chrono::seconds;

class hang_watch_test : public testing::Test {
 protected:
  // Looks once a second for so long; the last verdict.
  hang_watch::verdict look_for(int n) {
    hang_watch::verdict last;
    for (int i = 0; i < n; ++i) last = watch_.look(threads_, now_ += seconds(1));
    return last;
  }
  thread_reading& add(const std::string& name, thread_does does = thread_does::working) {
    return threads_.emplace_back(thread_reading{threads_.size() + 1, name, does, 0, 0});
  }

  hang_watch watch_{seconds(30)};
  hang_watch::time now_{seconds(1000)};
  std::vector<thread_reading> threads_;
};

TEST_F(hang_watch_test, AThreadThatBeatsDoesNotHang) {
  threads_.reserve(4);
  auto& t = add("sync");
  for (int i = 0; i < 100; ++i) {
    ++t.beats;
    EXPECT_FALSE(look_for(1).hangs);
  }
}

TEST_F(hang_watch_test, OneThatStandsStillHangsFromTheLimitOn) {
  add("sync");
  EXPECT_FALSE(look_for(30).hangs);
  const auto v = look_for(1);
  ASSERT_TRUE(v.hangs);
  EXPECT_EQ(v.hangs->name, "sync");
  EXPECT_EQ(v.hangs->since, seconds(30));
}

TEST_F(hang_watch_test, OneThatRestsOrThatNobodyWatchesDoesNot) {
  add("hold", thread_does::resting);
  add("");
  EXPECT_FALSE(look_for(1000).hangs);
}

TEST_F(hang_watch_test, ADiskThatDoesNotAnswerIsNoHangOfWhoWaitsForIt) {
  add("sync", thread_does::at_disk);
  const auto v = look_for(1000);
  EXPECT_FALSE(v.hangs);
  ASSERT_TRUE(v.waits_long);
  EXPECT_EQ(v.waits_long->name, "sync");
}

TEST_F(hang_watch_test, NorOfThoseWhoWaitForALockOfThatThread) {
  add("", thread_does::at_disk);
  add("destage");
  EXPECT_FALSE(look_for(1000).hangs);
}

TEST_F(hang_watch_test, ManyShortCallsOfADiskExcuseNobody) {
  threads_.reserve(4);
  auto& disk = add("", thread_does::at_disk);
  add("destage");
  hang_watch::verdict v;
  for (int i = 0; i < 31; ++i) {
    ++disk.beats;
    v = look_for(1);
  }
  ASSERT_TRUE(v.hangs);
  EXPECT_EQ(v.hangs->name, "destage");
}

TEST_F(hang_watch_test, WhenTheDiskAnswersAgainThereIsNoExcuseAnyMore) {
  threads_.reserve(4);
  auto& disk = add("", thread_does::at_disk);
  add("destage");
  EXPECT_FALSE(look_for(100).hangs);
  ++disk.beats;
  EXPECT_TRUE(look_for(1).hangs);
}

TEST_F(hang_watch_test, AProcessThatWasStoppedAsAWholeHangsNowhere) {
  add("sync");
  look_for(20);
  now_ += seconds(3600);
  EXPECT_FALSE(look_for(1).hangs);
  EXPECT_FALSE(look_for(29).hangs);
  EXPECT_TRUE(look_for(1).hangs);
}

TEST_F(hang_watch_test, AThreadOfTheSameNameThatCameLaterIsAnother) {
  add("link");
  look_for(30);
  threads_[0].thread = 77;
  EXPECT_FALSE(look_for(30).hangs);
}

// Nobody in a deadlock of turns would ever beat, and all of them rest.
TEST_F(hang_watch_test, ThreadsThatWaitForEachOthersTurnsHangFromTheLimitOn) {
  threads_.reserve(4);
  auto& a = add("a", thread_does::resting);
  auto& b = add("b", thread_does::resting);
  auto& outside = add("c", thread_does::resting);
  a.waits_for = b.thread;
  outside.waits_for = a.thread;
  EXPECT_FALSE(look_for(100).hangs);
  b.waits_for = a.thread;
  ++b.beats;
  EXPECT_FALSE(look_for(30).hangs);
  const auto v = look_for(1);
  ASSERT_TRUE(v.hangs);
  EXPECT_EQ(v.hangs->name, "a, which waits for b, which waits for a,");
  EXPECT_EQ(v.hangs->since, seconds(30));
}

TEST_F(hang_watch_test, SoDoesOneThatWaitsForItself) {
  auto& a = add("a", thread_does::resting);
  a.waits_for = a.thread;
  EXPECT_FALSE(look_for(30).hangs);
  ASSERT_TRUE(look_for(1).hangs);
  EXPECT_EQ(look_for(1).hangs->name, "a, which waits for a,");
}

TEST_F(hang_watch_test, ThreadsThatTakeTurnsDoNotHoweverOftenOneIsSeenToWait) {
  threads_.reserve(4);
  auto& a = add("a", thread_does::resting);
  auto& b = add("b", thread_does::resting);
  a.waits_for = b.thread;
  b.waits_for = a.thread;  // as it may look where they were read one behind the other
  for (int i = 0; i < 100; ++i) {
    ++a.beats;
    EXPECT_FALSE(look_for(1).hangs);
  }
}

}  // namespace
}  // namespace cairn

#include "base/heartbeat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <optional>
#include <thread>

#include "base/hang_watch.h"

namespace cairn {
namespace {

std::optional<thread_reading> reading_of(const std::string& name) {
  const auto all = read_threads();
  const auto found = std::ranges::find(all, name, &thread_reading::name);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

TEST(heartbeat, AThreadIsReadWhileItIsWatchedAndNotBehindIt) {
  {
    const watched_thread watched("one");
    ASSERT_TRUE(reading_of("one"));
    EXPECT_EQ(reading_of("one")->does, thread_does::working);
  }
  EXPECT_FALSE(reading_of("one"));
}

TEST(heartbeat, EachBeatAndEachChangeOfWhatItDoesCounts) {
  const watched_thread watched("one");
  const auto before = reading_of("one")->beats;
  beat();
  EXPECT_GT(reading_of("one")->beats, before);
  {
    const at_disk waits;
    const auto inside = *reading_of("one");
    EXPECT_EQ(inside.does, thread_does::at_disk);
    EXPECT_GT(inside.beats, before + 1);
  }
  EXPECT_EQ(reading_of("one")->does, thread_does::working);
}

TEST(heartbeat, WhatIsDoneInsideSomethingElseEndsWithIt) {
  const watched_thread watched("one");
  const at_disk outer;
  {
    const resting inner;
    EXPECT_EQ(reading_of("one")->does, thread_does::resting);
  }
  EXPECT_EQ(reading_of("one")->does, thread_does::at_disk);
}

TEST(heartbeat, AThreadThatHasEndedIsForgotten) {
  const auto before = read_threads().size();
  std::thread([] { const watched_thread watched("short"); }).join();
  EXPECT_EQ(read_threads().size(), before);
}

TEST(heartbeat, WhoHasATurnIsWatchedAndWhoWantsItRests) {
  turn_mutex lock("who has it");
  std::promise<void> waiting;
  std::unique_lock held(lock);
  ASSERT_TRUE(reading_of("who has it"));
  std::thread other([&] {
    const watched_thread watched("who waits");
    waiting.set_value();
    const std::lock_guard mine(lock);
  });
  waiting.get_future().wait();
  while (reading_of("who waits")->does != thread_does::resting) std::this_thread::yield();
  held.unlock();
  other.join();
  EXPECT_FALSE(reading_of("who has it"));
}

TEST(heartbeat, TurnsNestAndAWatchedThreadKeepsItsName) {
  turn_mutex outer("outer"), inner("inner");
  const std::lock_guard first(outer);
  {
    const std::lock_guard second(inner);
    EXPECT_TRUE(reading_of("inner"));
  }
  EXPECT_TRUE(reading_of("outer"));
  const watched_thread watched("by name");
  EXPECT_TRUE(reading_of("by name"));
  EXPECT_FALSE(reading_of("outer"));
}

// What two threads would be stuck in is told of three: the one in the middle has one turn and
// wants another.
TEST(heartbeat, WhoWaitsIsToldWithTheThreadThatItWaitsFor) {
  turn_mutex first("who is first"), second("who is second");
  std::unique_lock held(first);
  std::thread middle([&] {
    const std::lock_guard mine(second);
    const std::lock_guard wanted(first);
  });
  while (!reading_of("who is second")) std::this_thread::yield();
  std::thread last([&] {
    const watched_thread watched("last");
    const std::lock_guard wanted(second);
  });
  const auto waits = [](const std::string& who, const std::string& whom) {
    const auto a = reading_of(who), b = reading_of(whom);
    return a && b && a->waits_for == b->thread;
  };
  while (!waits("who is second", "who is first")) std::this_thread::yield();
  while (!waits("last", "who is second")) std::this_thread::yield();
  EXPECT_EQ(reading_of("who is first")->waits_for, 0U);
  held.unlock();
  middle.join();
  last.join();
  EXPECT_FALSE(reading_of("who is first"));
}

// Two real threads in a deadlock, which only the process's end would end: so in one that ends.
TEST(heartbeat_DeathTest, ADeadlockOfTurnsIsSeenInWhatIsRead) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto deadlock = [] {
    static turn_mutex one("who has one"), other("who has the other");
    static std::atomic<int> have{0};
    const auto take = [](turn_mutex& a, turn_mutex& b) {
      const std::lock_guard first(a);
      for (++have; have < 2;) std::this_thread::yield();
      const std::lock_guard second(b);
    };
    std::thread([take] { take(one, other); }).detach();
    std::thread([take] { take(other, one); }).detach();
    const auto waiting = [](const thread_reading& t) { return t.waits_for != 0; };
    while (std::ranges::count_if(read_threads(), waiting) < 2) std::this_thread::yield();
    hang_watch watch(std::chrono::seconds(30));
    for (hang_watch::time now{}; now < hang_watch::time(std::chrono::seconds(100));) {
      const auto found = watch.look(read_threads(), now += std::chrono::seconds(1));
      if (found.hangs) std::fputs((found.hangs->name + "\n").c_str(), stderr);
    }
    std::_Exit(1);
  };
  EXPECT_EXIT(deadlock(), testing::ExitedWithCode(1),
              "who has (one|the other), which waits for who has (one|the other), which waits for");
}

}  // namespace
}  // namespace cairn

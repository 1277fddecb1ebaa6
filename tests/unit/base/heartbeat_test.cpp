#include "base/heartbeat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <optional>
#include <thread>

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

}  // namespace
}  // namespace cairn

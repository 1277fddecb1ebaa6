// Virtual time, the queue of what happens next, and the seed that decides everything.
//
// One thread. Events run in order of time, then of scheduling. An event may run others from within
// (run_nested): that is how two threads of a process, or two processes, get into each other's way
// at a point where the real code is in the middle of something.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/random.h"
#include "tests/sim/ordeal.h"
#include "tests/sim/situations.h"

namespace cairn::sim {

using time_us = std::uint64_t;

// Repeatable randomness (splitmix64).
class dice final : public random_source {
 public:
  explicit dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  void fill(byte_span out) override;
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

class world {
 public:
  world(std::uint64_t seed, bool traced, sim::ordeal has)
      : random(seed), fate(~seed), ordeal(has), seed_(seed), traced_(traced) {}

  void after(time_us delay, std::function<void()> what) {
    queue_.emplace(std::pair(now_ + delay, ++scheduled_), std::move(what));
  }
  // Runs the next event; false when there is none.
  bool step();
  void run_until(time_us end);
  // From within an event: up to `events` others.
  void run_nested(unsigned events);
  // The same, for so long.
  void run_nested_for(time_us length);
  unsigned depth() const { return depth_; }  // events that are being run from within others

  time_us now() const { return now_; }
  bool traced() const { return traced_; }
  void trace(const std::string& what) const;
  // Something that must never be was seen: says so, and how to see it again, and ends the process.
  [[noreturn]] void fail(const std::string& what) const;
  void require(bool condition, const char* what) const {
    if (!condition) fail(what);
  }

  dice random;
  dice fate;  // of what the ordeal does
  const sim::ordeal ordeal;
  situations met;
  bool faults = true;  // off: everything heals and no new trouble is made

 private:
  std::map<std::pair<time_us, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t seed_;
  bool traced_;
  time_us now_ = 0;
  std::uint64_t scheduled_ = 0;
  unsigned depth_ = 0;
};

// The text is only made when it is wanted.
#define SIM_TRACE(w, ...)                                  \
  do {                                                     \
    if ((w).traced()) (w).trace(fmt::format(__VA_ARGS__)); \
  } while (false)

}  // namespace cairn::sim

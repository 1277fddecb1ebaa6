#include "base/heartbeat.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <ranges>
#include <utility>

namespace cairn {
namespace {

// A turn that a thread has. Others compare the address and never follow it: by then there may be
// no such lock any more.
struct held_turn {
  std::atomic<const turn_mutex*> of{nullptr};
  std::atomic<const char*> holder{nullptr};
};

// Written by its thread alone, but for `name`, which the list's lock guards; so none shares a line
// of the processor's memory with another.
struct alignas(64) place {
  std::uint64_t thread = 0;
  std::string name;
  std::atomic<std::uint64_t> word{0};  // beats, and in the lowest two bits what it does
  // Set and cleared between two changes of `word`, while which `has` stays as it is: so both were
  // read together where the word before and the word after are one.
  std::atomic<const turn_mutex*> wants{nullptr};
  std::array<held_turn, 8> has;  // from the outermost; what goes beyond them is not told
};

struct {
  std::mutex lock;
  std::list<place>* all = nullptr;  // never destroyed: threads may outlast what is static
  std::uint64_t last = 0;
} places;

constinit thread_local place* own = nullptr;
constinit thread_local bool ended = false;

struct enrolment {
  enrolment() {
    const std::lock_guard lock(places.lock);
    if (!places.all) places.all = new std::list<place>;
    own = &places.all->emplace_back();
    own->thread = ++places.last;
  }
  ~enrolment() {
    ended = true;
    const std::lock_guard lock(places.lock);
    places.all->remove_if(
        [gone = std::exchange(own, nullptr)](const place& p) { return &p == gone; });
  }
};

place& enrol() {
  static place nobody;  // destructors of a thread that is no longer in the list
  if (ended) return nobody;
  thread_local const enrolment here;
  return *own;
}

place& mine() { return own ? *own : enrol(); }

thread_does does(std::uint64_t word) { return static_cast<thread_does>(word & 3); }

// Returns what it did before.
thread_does now_does(place& p, thread_does what) {
  const auto before = p.word.load(std::memory_order_relaxed);
  const auto next = (((before >> 2) + 1) << 2) | static_cast<std::uint64_t>(what);
  p.word.store(next, std::memory_order_release);
  return does(before);
}

void has_turn(place& p, const turn_mutex* of, const char* holder) {
  for (held_turn& t : p.has) {
    if (t.of.load(std::memory_order_relaxed)) continue;
    t.holder.store(holder, std::memory_order_relaxed);
    return t.of.store(of, std::memory_order_release);
  }
}

void ends_turn(place& p, const turn_mutex* of) {
  for (held_turn& t : p.has | std::views::reverse)
    if (t.of.load(std::memory_order_relaxed) == of)
      return t.of.store(nullptr, std::memory_order_release);
}

struct turns_read {
  const turn_mutex* wants = nullptr;
  std::vector<const turn_mutex*> has;
};

thread_reading read(const place& p, turns_read& turns) {
  const auto before = p.word.load(std::memory_order_acquire);
  thread_reading out{p.thread, p.name, does(before), before >> 2, 0};
  const char* innermost = nullptr;
  for (const held_turn& t : p.has) {
    const auto* const of = t.of.load(std::memory_order_acquire);
    if (!of) continue;
    turns.has.push_back(of);
    innermost = t.holder.load(std::memory_order_acquire);
  }
  turns.wants = p.wants.load(std::memory_order_acquire);
  if (p.word.load(std::memory_order_acquire) != before) turns.wants = nullptr;
  if (out.name.empty() && innermost) out.name = innermost;
  return out;
}

}  // namespace

std::vector<thread_reading> read_threads() {
  std::vector<thread_reading> out;
  std::vector<turns_read> turns;
  const std::lock_guard lock(places.lock);
  if (!places.all) return out;
  for (const place& p : *places.all) out.push_back(read(p, turns.emplace_back()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto has_it = [&](const turns_read& t) {
      return std::ranges::count(t.has, turns[i].wants);
    };
    const auto holder = std::ranges::find_if(turns, has_it);
    if (turns[i].wants && holder != turns.end())
      out[i].waits_for = out[static_cast<std::size_t>(holder - turns.begin())].thread;
  }
  return out;
}

void beat() {
  place& p = mine();
  now_does(p, does(p.word.load(std::memory_order_relaxed)));
}

watched_thread::watched_thread(std::string name) {
  place& p = mine();
  const std::lock_guard lock(places.lock);
  p.name = std::move(name);
}

watched_thread::~watched_thread() {
  place& p = mine();
  const std::lock_guard lock(places.lock);
  p.name.clear();
}

doing::doing(thread_does what) : before_(now_does(mine(), what)) {}
doing::~doing() { now_does(mine(), before_); }

void turn_mutex::lock() {
  place& p = mine();
  if (mutex_.try_lock()) {
    beat();
  } else {
    const resting until_then;
    p.wants.store(this, std::memory_order_release);
    mutex_.lock();
    p.wants.store(nullptr, std::memory_order_release);
  }
  has_turn(p, this, holder_);
}

void turn_mutex::unlock() {
  ends_turn(mine(), this);
  mutex_.unlock();
}

}  // namespace cairn

#include "base/heartbeat.h"

#include <atomic>
#include <list>
#include <utility>

namespace cairn {
namespace {

// Written by its thread alone, but for `name`, which the list's lock guards; so none shares a line
// of the processor's memory with another.
struct alignas(64) place {
  std::uint64_t thread = 0;
  std::string name;
  std::atomic<const char*> holds{nullptr};  // a turn_mutex
  std::atomic<std::uint64_t> word{0};       // beats, and in the lowest two bits what it does
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
  p.word.store(next, std::memory_order_relaxed);
  return does(before);
}

}  // namespace

std::vector<thread_reading> read_threads() {
  std::vector<thread_reading> out;
  const std::lock_guard lock(places.lock);
  if (!places.all) return out;
  for (const place& p : *places.all) {
    const auto word = p.word.load(std::memory_order_relaxed);
    const char* const holds = p.holds.load(std::memory_order_relaxed);
    out.push_back({p.thread, p.name.empty() && holds ? holds : p.name, does(word), word >> 2});
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
  {
    const resting until_then;
    mutex_.lock();
  }
  place& p = mine();
  outer_ = p.holds.load(std::memory_order_relaxed);
  p.holds.store(holder_, std::memory_order_relaxed);
}

void turn_mutex::unlock() {
  mine().holds.store(outer_, std::memory_order_relaxed);
  mutex_.unlock();
}

}  // namespace cairn

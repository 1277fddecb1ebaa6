// Shows from outside whether the process's threads get on: each counts its beats, and says when it
// rests and when it waits for a disk. base/hang_watch.h reads this.
//
// A beat is one store to memory of the thread's own, without a clock or a lock, so that every call
// of the disk can count as one. A thread has its place in the list from its first disk call, or
// from watched_thread, to its end. That list is the process's, as the log is: what waits for a disk
// can't be ended by a signal, whichever member it belongs to, so members don't matter here.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace cairn {

enum class thread_does { working, resting, at_disk };

// As one thread stood when it was read.
struct thread_reading {
  std::uint64_t thread = 0;  // its number in the process, never used again
  std::string name;          // "member m1: destage"; empty: nobody minds if it never beats
  thread_does does = thread_does::working;
  std::uint64_t beats = 0;      // it got on if this has changed
  std::uint64_t waits_for = 0;  // the thread that has the turn (turn_mutex) it wants; 0: none
};
std::vector<thread_reading> read_threads();

// The calling thread got on.
void beat();

// The calling thread is watched under this name as long as this exists: it beats, or rests, or
// waits for a disk.
class watched_thread {
 public:
  explicit watched_thread(std::string name);
  ~watched_thread();
  watched_thread(const watched_thread&) = delete;
  watched_thread& operator=(const watched_thread&) = delete;
};

// The calling thread does this as long as this exists. They nest.
class doing {
 public:
  explicit doing(thread_does what);
  ~doing();
  doing(const doing&) = delete;
  doing& operator=(const doing&) = delete;

 private:
  const thread_does before_;
};

// It has nothing to do until it is woken.
struct resting : doing {
  resting() : doing(thread_does::resting) {}
};
// It is inside a call that the disk may keep waiting.
struct at_disk : doing {
  at_disk() : doing(thread_does::at_disk) {}
};

// A lock under which disks are waited for, many times perhaps: who wants it rests, and who has it
// is watched, whichever thread it is. Who has it and who waits for it is told, so that threads that
// wait for each other's turns are found. A turn ends in the thread that took it.
class turn_mutex {
 public:
  explicit turn_mutex(const char* holder) : holder_(holder) {}  // "who syncs a journal"; a literal
  void lock();
  void unlock();

 private:
  const char* const holder_;
  std::mutex mutex_;
};

}  // namespace cairn

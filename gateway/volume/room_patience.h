// A host that writes faster than its backing file takes it fills the journal. It is slowed down,
// not failed: a write that finds the journal full is tried again as long as trimming makes room, or
// will when the backing files have what is on its way. Where nothing frees any (the peer is away),
// the host gets its ENOSPC.
//
// Bounded, since kernel NBD clients give up on a request after about 30 s.
#pragma once
#include <chrono>
#include <functional>

#include "base/number.h"
#include "base/result.h"

namespace cairn {

// How the journal stands that was found full.
struct journal_room {
  sequence trimmed;         // up to here its records are gone
  bool being_made = false;  // what it holds is on its way to the backing files, and that frees some
};

class room_patience {
 public:
  static constexpr std::chrono::milliseconds moment{5};  // between two attempts

  explicit room_patience(std::function<journal_room()> look);
  // false: no use to wait any longer.
  bool worth_waiting();

 private:
  using clock = std::chrono::steady_clock;
  const std::function<journal_room()> look_;
  const clock::time_point began_;
  clock::time_point progress_at_;
  sequence trimmed_;
};

// attempt() returns result<void> and may be called again: the same bytes to the same place.
// look() returns the journal_room. pause() waits a room_patience::moment; false: the front end
// stops, or the client has gone.
template <class Look, class Pause, class F>
result<void> when_there_is_room(Look&& look, Pause&& pause, F&& attempt) {
  auto done = attempt();
  if (done || done.error().is != error_class::no_space) return done;
  for (room_patience left(look);
       !done && done.error().is == error_class::no_space && left.worth_waiting() && pause();)
    done = attempt();
  return done;
}

}  // namespace cairn

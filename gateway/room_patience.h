// A host that writes faster than its backing file takes it fills the journal. It is slowed down,
// not failed: a write that finds the journal full is tried again as long as trimming makes room, or
// will when the backing files have what is on its way. Where nothing frees any (the peer is away),
// the host gets its ENOSPC.
//
// Bounded, since kernel NBD clients give up on a request after about 30 s.
#pragma once
#include <cerrno>
#include <chrono>

#include "gateway/member.h"

namespace cairn {

class room_patience {
 public:
  static constexpr std::chrono::milliseconds moment{5};  // between two attempts

  explicit room_patience(member& of);
  // false: no use to wait any longer.
  bool worth_waiting();

 private:
  using clock = std::chrono::steady_clock;
  member& of_;
  const clock::time_point began_;
  clock::time_point progress_at_;
  sequence trimmed_;
};

// attempt() returns result<void> and may be called again: the same bytes to the same place.
// pause() waits a room_patience::moment; false: the front end stops, or the client has gone.
template <class Pause, class F>
result<void> when_there_is_room(member& in, Pause&& pause, F&& attempt) {
  auto done = attempt();
  if (done || done.error().code != ENOSPC) return done;
  for (room_patience left(in);
       !done && done.error().code == ENOSPC && left.worth_waiting() && pause();)
    done = attempt();
  return done;
}

}  // namespace cairn

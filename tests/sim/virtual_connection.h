// A connection between two processes, as TCP gives it: frames arrive in order, late, or not at all.
// Both ends are bytes of the real wire code.
//
// It ends at each side on its own: after drop() a side may still be given what was on the way,
// while the other has already connected anew. That is how frames and requests of older connections
// come about. A frame may be delivered twice (a peer that sends again).
#pragma once
#include <deque>
#include <functional>
#include <memory>

#include "replication/wire.h"
#include "tests/sim/world.h"

namespace cairn::sim {

// What one side does with the connection. `busy`: its thread is in the middle of something; frames
// wait. All three are forgotten when the side's process dies (cut).
template <class M>
struct connection_end {
  std::function<void(const M&)> deliver;
  std::function<void()> closed;
  std::function<bool()> busy;
};

template <class M>
class virtual_connection : public std::enable_shared_from_this<virtual_connection<M>> {
 public:
  explicit virtual_connection(world& w) : world_(w) {}

  void attach(int side, connection_end<M> end) {
    sides_[side].end = std::move(end);
    sides_[side].open = true;
  }
  bool open(int side) const { return sides_[side].open; }
  bool dropped() const { return dropped_; }
  // Frames sent behind a drop go nowhere.
  void send(int from, const M& m, bool may_repeat = false);
  // The network gives up: each side learns it by itself, some time later.
  void drop();
  // The process of `side` is gone, or closes the connection: the other side learns it later.
  void cut(int side);

 private:
  struct end_state {
    connection_end<M> end;
    bool open = false;
    bool delivering = false;
    std::deque<bytes> incoming;
    time_us last = 0;
  };
  static M decode(const bytes& frame);
  void put(int to, bytes frame);
  void pump(int to);
  void finish(int side);

  world& world_;
  end_state sides_[2];
  bool dropped_ = false;
};

extern template class virtual_connection<link_message>;
extern template class virtual_connection<control_message>;

using link_connection = virtual_connection<link_message>;
using control_connection = virtual_connection<control_message>;

}  // namespace cairn::sim

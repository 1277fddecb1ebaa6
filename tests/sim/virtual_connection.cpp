#include "tests/sim/virtual_connection.h"

#include "base/invariant.h"

namespace cairn::sim {
namespace {

constexpr time_us delay_least = 50;
constexpr time_us delay_most = 2'000;
constexpr time_us stall_most = 60'000;  // what a hold can't wait for

template <class M>
result<M> decode_as(byte_view prefix, byte_view head, byte_view body);
template <>
result<link_message> decode_as(byte_view prefix, byte_view head, byte_view body) {
  return decode_link(prefix, head, body);
}
template <>
result<control_message> decode_as(byte_view prefix, byte_view head, byte_view) {
  return decode_control(prefix, head);
}

}  // namespace

template <class M>
M virtual_connection<M>::decode(const bytes& frame) {
  const auto prefix = byte_view(frame).first(frame_prefix_bytes);
  const auto sizes = decode_prefix(prefix);
  CAIRN_INVARIANT("internal", bool(sizes), "a frame that was encoded here has a bad prefix");
  const auto rest = byte_view(frame).subspan(frame_prefix_bytes);
  auto m = decode_as<M>(prefix, rest.first(sizes->head), rest.subspan(sizes->head, sizes->body));
  CAIRN_INVARIANT("internal", bool(m),
                  "a frame that was encoded here is refused: " + m.error().text);
  return std::move(*m);
}

template <class M>
void virtual_connection<M>::send(int from, const M& m, bool may_repeat) {
  const int to = 1 - from;
  if (dropped_ || !sides_[from].open) return;
  auto frame = encode(m);
  if (may_repeat && world_.faults && world_.random.chance(3)) {
    world_.met.meet(situation::duplicate_frame);
    put(to, frame);
  }
  put(to, std::move(frame));
}

// Never before an earlier one.
template <class M>
void virtual_connection<M>::put(int to, bytes frame) {
  const bool stalls = world_.faults && world_.random.chance(2);
  const auto delay = world_.random.between(delay_least, stalls ? stall_most : delay_most);
  auto& s = sides_[to];
  s.last = std::max(s.last, world_.now() + delay);
  s.incoming.push_back(std::move(frame));
  world_.after(s.last - world_.now(), [self = this->shared_from_this(), to] { self->pump(to); });
}

template <class M>
void virtual_connection<M>::pump(int to) {
  auto& s = sides_[to];
  if (!s.open || s.incoming.empty()) return;
  if (s.delivering || s.end.busy())
    return world_.after(200, [self = this->shared_from_this(), to] { self->pump(to); });
  const auto frame = std::move(s.incoming.front());
  s.incoming.pop_front();
  if (dropped_) world_.met.meet(situation::old_frame);
  s.delivering = true;
  const auto deliver = s.end.deliver;
  deliver(decode(frame));
  s.delivering = false;
}

template <class M>
void virtual_connection<M>::drop() {
  if (dropped_) return;
  dropped_ = true;
  for (int side : {0, 1})
    world_.after(world_.random.chance(30) ? world_.random.below(80'000) : world_.random.below(500),
                 [self = this->shared_from_this(), side] { self->finish(side); });
}

template <class M>
void virtual_connection<M>::finish(int side) {
  auto& s = sides_[side];
  if (!s.open) return;
  if (s.delivering || s.end.busy())
    return world_.after(200, [self = this->shared_from_this(), side] { self->finish(side); });
  s.open = false;
  const auto closed = std::move(s.end.closed);
  s.end = {};
  closed();
}

template <class M>
void virtual_connection<M>::cut(int side) {
  sides_[side].open = false;
  sides_[side].end.closed = [] {};
  drop();
}

template class virtual_connection<link_message>;
template class virtual_connection<control_message>;

}  // namespace cairn::sim

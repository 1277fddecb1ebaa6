// Which face is there in which role, and the hosts' face, which is there in both.
#include <algorithm>
#include <cerrno>

#include "gateway/member/member_impl.h"

namespace cairn {

round_face* member_impl::rounds() {
  return core_.role() == member_role::primary ? primary() : nullptr;
}

selection_face* member_impl::selection() {
  switch (core_.role()) {
    case member_role::secondary:
    case member_role::promoting:
      return secondary_.get();
    default:
      return core_.log().state().promoted ? &finished_ : nullptr;
  }
}

// While it is promoted, too: what comes then waits, and is refused.
arrival_face* member_impl::arrivals() {
  const auto role = core_.role();
  const bool takes = role == member_role::secondary || role == member_role::promoting;
  return takes ? secondary_.get() : nullptr;
}

member_hello member_impl::welcome() const {
  member_hello h;
  h.current = core_.log().current();
  h.selection_epoch = core_.log().state().selection_epoch;
  h.role = core_.role();
  const auto* p = primary();
  std::tie(h.marker_epoch, h.marker_last) = p ? p->highest_marker() : core_.highest_marker();
  return h;
}

// ---- hosts

result<void> member_impl::no_writes(std::size_t volume) const {
  return fail(EROFS, "volume " + core_.at(volume).identity().name + ": this side is " +
                         name_of(core_.role()) + " and takes no writes");
}

bool member_impl::read_cached(std::size_t volume, byte_span out, std::uint64_t offset) {
  auto& v = core_.at(volume);
  if (core_.role() != member_role::primary || v.failure()) return false;
  return v.read_cached(out, offset, core_.log());
}

void member_impl::write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
                        acknowledge done) {
  if (auto* p = primary()) return p->write(volume, data, offset, fua, std::move(done));
  done(no_writes(volume));
}

void member_impl::change(std::size_t volume, byte_range range, bool fua,
                         const std::function<bool(byte_span)>& rewrite, acknowledge done) {
  if (auto* p = primary()) return p->change(volume, range, fua, rewrite, std::move(done));
  done(no_writes(volume));
}

void member_impl::clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
                        acknowledge done) {
  if (auto* p = primary()) return p->clear(volume, kind, range, fua, std::move(done));
  done(no_writes(volume));
}

result<void> member_impl::flush(std::size_t volume) {
  if (auto* p = primary()) return p->flush(volume);
  return core_.at(volume).healthy();
}

result<std::vector<extent>> member_impl::extents(std::size_t volume, byte_range range,
                                                 std::size_t extents_max) {
  CAIRN_TRY(core_.at(volume).healthy());
  return core_.at(volume).extents(range, extents_max);
}

std::chrono::microseconds member_impl::write_delay(std::uint64_t write_bytes) const {
  return std::max(background_pace::delay(destages_.pending_records()),
                  background_pace::delay(core_.log().ahead(), write_bytes));
}

journal_room member_impl::room() const {
  const auto* p = primary();
  return destages_.room(p ? p->stored_at_peer() : sequence(~std::uint64_t{0}));
}

}  // namespace cairn

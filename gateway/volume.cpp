#include "gateway/volume.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/invariant.h"
#include "base/log.h"
#include "gateway/member.h"

namespace cairn {
namespace {

constexpr std::size_t settled_at_once = 64;  // while hosts wait for the map

}  // namespace

void volume::adopt(const volume_identity& identity) {
  identity_.with([&](auto& i) { i = identity; });
  index_ = identity.index;
}

std::vector<volume::pinned_extent> volume::look_up(byte_range range, journal& log) const {
  // Pinned under the lock: a stretch that is in the map is not yet settled, so its segment lives.
  std::vector<pinned_extent> found;
  const std::lock_guard lock(map_lock_);
  for (const auto& e : map_.lookup(range))
    found.push_back({e, e.zero ? segment_pin() : log.pin(e.at.segment)});
  return found;
}

// Where each byte comes from: pending(extent, part) or backing(offset, part).
template <class Pending, class Backing>
result<void> volume::assemble(byte_span out, std::uint64_t offset, journal& log, Pending&& pending,
                              Backing&& backing) const {
  std::uint64_t at = offset;
  const auto part = [&](byte_range r) { return out.subspan(r.offset - offset, r.length); };
  const auto from_backing = [&](std::uint64_t upto) -> result<void> {
    if (at >= upto) return {};
    return backing(at, part({at, upto - at}));
  };
  for (const auto& [e, pin] : look_up({offset, out.size()}, log)) {
    CAIRN_TRY(from_backing(e.range.offset));
    at = e.range.end();
    if (e.zero) {
      std::memset(part(e.range).data(), 0, e.range.length);
      continue;
    }
    CAIRN_INVARIANT("I1", bool(pin), "a pending record's segment is gone");
    CAIRN_TRY(pending(e, part(e.range)));
  }
  return from_backing(offset + out.size());
}

result<void> volume::read(byte_span out, std::uint64_t offset, journal& log) const {
  return assemble(
      out, offset, log,
      [&](const pending_extent& e, byte_span part) { return log.read_data(e.at, e.skip, part); },
      [&](std::uint64_t at, byte_span part) { return backing_->read(part, at); });
}

bool volume::read_cached(byte_span out, std::uint64_t offset, journal& log) const {
  const auto only = [](bool done) -> result<void> {
    if (done) return {};
    return fail(EAGAIN, {});
  };
  const auto done = assemble(
      out, offset, log,
      [&](const pending_extent& e, byte_span part) {
        return only(log.read_data_cached(e.at, e.skip, part));
      },
      [&](std::uint64_t at, byte_span part) { return only(backing_->read_cached(part, at)); });
  return bool(done);
}

void volume::enter(const record& r, const record_place& at) {
  const std::lock_guard lock(map_lock_);
  map_.insert(r, at);
}

std::vector<extent> volume::extents(byte_range range) const {
  std::vector<extent> out;
  std::uint64_t at = range.offset;
  const auto add = [&](std::uint64_t upto, bool zero) {
    if (!out.empty() && out.back().zero == zero)
      out.back().range.length += upto - at;
    else
      out.push_back({{at, upto - at}, zero, zero});
    at = upto;
  };
  const auto add_backing = [&](std::uint64_t upto) {
    while (at < upto) {
      const auto s = backing_->stretch_at(at, upto);
      add(s.end, s.hole);
    }
  };
  // Under the lock nothing settles: what is not in the map is in the backing file already.
  const std::lock_guard lock(map_lock_);
  for (const auto& e : map_.lookup(range)) {
    add_backing(e.range.offset);
    add(e.range.end(), e.zero);
  }
  add_backing(range.end());
  return out;
}

std::size_t volume::pending() const {
  const std::lock_guard lock(map_lock_);
  return map_.size();
}

result<void> volume::write_backing(std::span<const iovec> parts, std::uint64_t offset) {
  return backing_->write(parts, offset);
}

result<void> volume::zero_backing(byte_range range, bool deallocate) {
  return backing_->make_zero(range, deallocate);
}

result<void> volume::sync_backing() { return syncs_.sync(*backing_); }

void volume::settle(std::span<const record* const> records) {
  while (!records.empty()) {
    const auto some = records.first(std::min(records.size(), settled_at_once));
    records = records.subspan(some.size());
    const std::lock_guard lock(map_lock_);
    for (const auto* r : some) map_.erase(r->range, r->seq);
  }
}

void volume::fail_for_good(const std::string& reason) {
  log_error("volume " + identity().name + " failed: " + reason);
  failure_.with([&](auto& f) {
    if (!f) f = reason;
  });
}

std::optional<std::string> volume::failure() const {
  return failure_.with([](const auto& f) { return f; });
}

result<void> volume::healthy() const {
  if (const auto why = failure())
    return fail(EIO, "volume " + identity().name + " failed: " + *why);
  return {};
}

namespace {

result<bool> reads_as_zeroes(const file& f, std::uint64_t size) {
  bytes buffer(1U << 20);
  for (std::uint64_t at = 0; at < size; at += buffer.size()) {
    const auto part = byte_span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - at));
    CAIRN_TRY(f.read(part, at));
    if (std::any_of(part.begin(), part.end(), [](std::byte b) { return b != std::byte{0}; }))
      return false;
  }
  return true;
}

}  // namespace

result<std::unique_ptr<file>> open_backing(disk& on, const std::string& name,
                                           const std::string& path, std::uint64_t* size_bytes,
                                           int lock_wait_ms, bool* born_empty) {
  auto opened = on.open(path, open_mode::create, true, lock_wait_ms);
  if (!opened) return opened;
  auto size = (*opened)->size();
  if (!size) return fail(size.error());
  const bool fresh = *size == 0;
  if (fresh) {
    if (*size_bytes == 0) return fail(EINVAL, "volume " + name + ": " + path + " needs a size");
    CAIRN_TRY((*opened)->resize(*size_bytes));
    CAIRN_TRY((*opened)->sync());
    size = *size_bytes;
  }
  if (*size_bytes == 0) *size_bytes = *size / 512 * 512;
  if (*size < *size_bytes)
    return fail(EINVAL, "volume " + name + ": " + path + " has " + std::to_string(*size) +
                            " bytes, less than the configured " + std::to_string(*size_bytes));
  if (born_empty != nullptr) {
    *born_empty = fresh;
    if (!fresh) {
      auto zero = reads_as_zeroes(**opened, *size_bytes);
      if (!zero) return fail(zero.error());
      *born_empty = *zero;
    }
  }
  return opened;
}

}  // namespace cairn

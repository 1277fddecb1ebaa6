#include "gateway/volume/volume.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/invariant.h"
#include "base/log.h"

namespace cairn {
namespace {

constexpr std::size_t settled_at_once = 64;  // while hosts wait for the map

// Bytes that are written at once come to lie in one folio of the page cache, and every small write
// into a folio passes all of its blocks, then and as long as it stays in memory. Larger ones save
// little by comparison (docs/benchmarks.md).
constexpr std::uint64_t folio_bytes = 64U << 10;

std::string bytes_text(std::uint64_t n) { return std::to_string(n) + " bytes"; }

std::string has_text(const std::string& volume, const file& f, std::uint64_t bytes) {
  return "volume " + volume + ": " + f.path() + " has " + bytes_text(bytes);
}

// Room for `wanted` bytes, or, where that is 0, as much as there is: whole sectors. A block device
// keeps the size that it has.
result<std::uint64_t> make_room(file& f, const std::string& volume, std::uint64_t wanted) {
  constexpr std::uint64_t sector_bytes = 512;
  const auto has = f.size();
  if (!has) return has;
  if (wanted == 0) return *has / sector_bytes * sector_bytes;
  if (*has >= wanted) return wanted;
  if (auto done = f.resize(wanted); !done)
    return fail(EINVAL, has_text(volume, f, *has) + ", less than the configured " +
                            std::to_string(wanted) + " (" + done.error().text + ")");
  return wanted;
}

}  // namespace

void volume::become(const volume_identity& identity) {
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

// Behind a failed fdatasync the kernel may have dropped the pages: what is not durable is gone, and
// its place holds what was there before.
result<void> volume::kept(const journal& log, sequence s) const {
  const auto why = log.failure();
  if (!why || s <= log.durable()) return {};
  return fail(EIO, "volume " + identity().name + ": record " + std::to_string(s.value) +
                       " was lost when the journal failed: " + *why);
}

// Where each byte comes from: pending(pinned extent, part) or backing(offset, part).
template <class Pending, class Backing>
result<void> volume::assemble(byte_span out, std::uint64_t offset, journal& log, Pending&& pending,
                              Backing&& backing) const {
  std::uint64_t at = offset;
  const auto part = [&](byte_range r) { return out.subspan(r.offset - offset, r.length); };
  const auto from_backing = [&](std::uint64_t upto) -> result<void> {
    if (at >= upto) return {};
    return backing(at, part({at, upto - at}));
  };
  for (const auto& one : look_up({offset, out.size()}, log)) {
    const auto& e = one.what;
    CAIRN_TRY(kept(log, e.seq));
    CAIRN_TRY(from_backing(e.range.offset));
    at = e.range.end();
    if (e.zero) {
      std::memset(part(e.range).data(), 0, e.range.length);
      continue;
    }
    CAIRN_INVARIANT("I1", bool(one.pin), "a pending record's segment is gone");
    CAIRN_TRY(pending(one, part(e.range)));
  }
  return from_backing(offset + out.size());
}

result<void> volume::read(byte_span out, std::uint64_t offset, journal& log) const {
  return assemble(
      out, offset, log,
      [](const pinned_extent& e, byte_span part) {
        return e.pin.read(e.what.at, e.what.skip, part);
      },
      [&](std::uint64_t at, byte_span part) { return backing_->read(part, at); });
}

bool volume::read_cached(byte_span out, std::uint64_t offset, journal& log) const {
  const auto only = [](bool done) -> result<void> {
    if (done) return {};
    return fail(EAGAIN, {});
  };
  const auto done = assemble(
      out, offset, log,
      [&](const pinned_extent& e, byte_span part) {
        return only(e.pin.read_cached(e.what.at, e.what.skip, part));
      },
      [&](std::uint64_t at, byte_span part) { return only(backing_->read_cached(part, at)); });
  return bool(done);
}

void volume::enter(const record& r, const record_place& at) {
  const std::lock_guard lock(map_lock_);
  map_.insert(r, at);
}

std::vector<extent> volume::extents(byte_range range, std::size_t extents_max) const {
  // A window at a time: each looks at the file a thousand times at most while writers wait for the
  // map.
  constexpr std::uint64_t window_bytes = 4U << 20;
  std::vector<extent> out;
  for (auto at = range.offset; at < range.end() && out.size() <= extents_max;) {
    add_extents({at, std::min(window_bytes, range.end() - at)}, out);
    at = out.back().range.end();
  }
  if (out.size() > extents_max) out.resize(extents_max);
  return out;
}

void volume::add_extents(byte_range window, std::vector<extent>& out) const {
  std::uint64_t at = window.offset;
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
  for (const auto& e : map_.lookup(window)) {
    add_backing(e.range.offset);
    add(e.range.end(), e.zero);
  }
  add_backing(window.end());
}

std::size_t volume::pending() const {
  const std::lock_guard lock(map_lock_);
  return map_.size();
}

result<void> volume::write_backing(std::span<const iovec> parts, std::uint64_t offset) {
  std::vector<iovec> piece;
  auto from = offset, to = offset;  // of the piece
  for (auto part : parts) {
    while (part.iov_len > 0) {
      const auto some = std::min<std::uint64_t>(part.iov_len, folio_bytes - to % folio_bytes);
      piece.push_back({part.iov_base, some});
      part = {static_cast<std::byte*>(part.iov_base) + some, part.iov_len - some};
      to += some;
      if (to % folio_bytes != 0) continue;
      CAIRN_TRY(backing_->write(piece, from));
      piece.clear();
      from = to;
    }
  }
  return piece.empty() ? result<void>() : backing_->write(piece, from);
}

result<void> volume::zero_backing(byte_range range, bool deallocate) {
  return backing_->make_zero(range, deallocate);
}

result<void> volume::sync_backing() { return syncs_.sync(*backing_); }

result<std::uint64_t> volume::enlarge_backing(std::uint64_t size_bytes) {
  auto size = make_room(*backing_, identity().name, size_bytes);
  if (!size) return size;
  if (auto done = sync_backing(); !done) {
    fail_for_good(done.error().text);
    return fail(done.error());
  }
  return size;
}

void volume::settle(std::span<const record* const> records) {
  while (!records.empty()) {
    const auto some = records.first(std::min(records.size(), settled_at_once));
    records = records.subspan(some.size());
    const std::lock_guard lock(map_lock_);
    for (const auto* r : some) map_.erase(r->range, r->seq);
  }
}

void volume::fail_for_good(const std::string& reason) {
  log_error("volume " + identity().name + " failed: " + reason, log_event::volume_failed, about_);
  failure_.with([&](auto& f) {
    if (!f) f = reason;
  });
  failed_ = true;
}

std::optional<std::string> volume::failure() const {
  if (!failed_) return std::nullopt;
  return failure_.with([](const auto& f) { return f; });
}

result<void> volume::healthy() const {
  if (const auto why = failure())
    return fail(EIO, "volume " + identity().name + " failed: " + *why, error_class::final);
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

// Whether a file of this size can be what is configured; a known volume's must be whole.
result<void> check_size(const volume_config& configured, const volume_identity* known,
                        const file& f, std::uint64_t has) {
  const auto what = has_text(configured.name, f, has);
  if (known && has < known->size_bytes)
    return fail(EINVAL, what + ", but the journal knows it with " +
                            std::to_string(known->size_bytes) + ": a part of it is missing");
  if (!known && has > 0 && has < configured.size_bytes)
    return fail(EINVAL,
                what + ", less than the configured " + std::to_string(configured.size_bytes));
  if (has == 0 && configured.size_bytes == 0) return fail(EINVAL, what + "; it needs a size");
  return {};
}

}  // namespace

result<opened_backing> open_backing(disk& on, const volume_config& configured,
                                    const volume_identity* known, int lock_wait_ms) {
  const auto mode = known ? open_mode::existing : open_mode::create;
  auto opened = on.open(configured.path, mode, true, lock_wait_ms);
  if (!opened) return fail_in("volume " + configured.name, opened.error());
  auto& f = **opened;
  const auto has = f.size();
  if (!has) return fail(has.error());
  CAIRN_TRY(check_size(configured, known, f, *has));
  const auto size = make_room(f, configured.name, configured.size_bytes);
  if (!size) return fail(size.error());
  // Not only where this start made or enlarged it: a kill may have come before that start synced.
  if (!known || *size > known->size_bytes) {
    CAIRN_TRY(f.sync());
    CAIRN_TRY(on.sync_directory(directory_of(configured.path)));
  }
  bool empty = !known;
  if (empty && *has > 0) {
    const auto zero = reads_as_zeroes(f, *size);
    if (!zero) return fail(zero.error());
    empty = *zero;
  }
  return opened_backing{std::move(*opened), *size, empty};
}

error shrinks(const volume_identity& known, std::uint64_t size_bytes) {
  return {EINVAL, "volume " + known.name + " has " + bytes_text(known.size_bytes) +
                      " and can't become smaller; the configuration says " +
                      std::to_string(size_bytes)};
}

std::string grows(const volume_identity& known, std::uint64_t size_bytes) {
  return "volume " + known.name + " grows from " + std::to_string(known.size_bytes) + " to " +
         bytes_text(size_bytes);
}

}  // namespace cairn

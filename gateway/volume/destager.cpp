#include "gateway/volume/destager.h"

#include <algorithm>
#include <cerrno>

#include "replication/watermarks.h"

namespace cairn {

result<bool> destager::step(sequence limit) {
  if (destaged() >= limit) return false;
  check_destage(limit, log_.durable());
  auto rows = log_.rows(destaged().next(), limit, batch_rows_max, batch_bytes_max);
  if (!rows) return fail(rows.error());
  if (rows->empty()) return false;
  batch b{std::move(*rows), std::vector<pending_map>(volumes_.size()), {}};
  for (const row& r : b.rows)
    if (shows_in_volume(r.what)) b.newest[r.what.volume - 1].insert(r.what, r.at);
  CAIRN_TRY(load(b));
  for (std::size_t v = 0; v < volumes_.size(); ++v) CAIRN_TRY(write_volume(b, v));
  settle(b);
  destaged_ = b.rows.back().what.seq.value;
  return true;
}

// Rows are consecutive, but a void-range is one row for many sequences.
std::size_t destager::index_of(const batch& b, sequence at) {
  const auto first = b.rows.front().what.seq.value;
  if (b.rows.back().what.seq.value - first + 1 == b.rows.size()) return at.value - first;
  const auto found =
      std::ranges::lower_bound(b.rows, at, {}, [](const row& r) { return r.what.seq; });
  return static_cast<std::size_t>(found - b.rows.begin());
}

result<void> destager::load(batch& b) {
  b.at.assign(b.rows.size(), absent);
  for (const auto& newest : b.newest)
    for (const auto& e : newest.all())
      if (!e.zero) b.at[index_of(b, e.seq)] = 0;
  std::vector<row> wanted;
  std::size_t size = 0;
  for (std::size_t i = 0; i < b.rows.size(); ++i) {
    if (b.at[i] == absent) continue;
    b.at[i] = size + record_header_bytes;
    size += stored_bytes(b.rows[i].what.data_length);
    wanted.push_back(b.rows[i]);
  }
  records_.clear();
  return log_.read_records(wanted, records_);
}

// Neighbours without a hole between them and of one kind.
std::size_t destager::run_length(std::span<const pending_extent> rest) {
  std::size_t n = 1;
  while (n < rest.size() && rest[n].range.offset == rest[n - 1].range.end() &&
         rest[n].zero == rest[0].zero)
    ++n;
  return n;
}

result<void> destager::write_volume(const batch& b, std::size_t index) {
  const auto all = b.newest[index].all();
  if (all.empty()) return {};
  volume& to = *volumes_[index];
  CAIRN_TRY(to.healthy());
  dirty_.resize(volumes_.size());
  dirty_[index] = true;
  for (std::span<const pending_extent> rest(all); !rest.empty();) {
    const auto run = rest.first(run_length(rest));
    if (auto done = write_run(b, to, run); !done) {
      if (done.error().is != error_class::no_space) to.fail_for_good(done.error().text);
      return done;
    }
    rest = rest.subspan(run.size());
  }
  return {};
}

result<void> destager::write_run(const batch& b, volume& to, std::span<const pending_extent> run) {
  const auto offset = run.front().range.offset;
  if (run.front().zero) return to.zero_backing({offset, run.back().range.end() - offset}, true);
  std::vector<iovec> parts;
  parts.reserve(run.size());
  for (const auto& e : run) {
    const auto* data = records_.data() + b.at[index_of(b, e.seq)] + e.skip;
    parts.push_back({const_cast<std::byte*>(data), e.range.length});
  }
  return to.write_backing(parts, offset);
}

void destager::settle(const batch& b) {
  std::vector<std::vector<const record*>> by_volume(volumes_.size());
  for (const row& r : b.rows) {
    if (!shows_in_volume(r.what)) continue;
    by_volume[r.what.volume - 1].push_back(&r.what);
    moved_bytes_ += r.what.data_length;
  }
  for (std::size_t v = 0; v < volumes_.size(); ++v)
    if (!by_volume[v].empty()) volumes_[v]->settle(by_volume[v]);
}

result<sequence> destager::sync() {
  const sequence reached = destaged();
  dirty_.resize(volumes_.size());
  for (std::size_t v = 0; v < volumes_.size(); ++v) {
    if (!dirty_[v]) continue;
    CAIRN_TRY(volumes_[v]->healthy());
    if (auto done = volumes_[v]->sync_backing(); !done) {
      volumes_[v]->fail_for_good(done.error().text);
      return fail(done.error());
    }
    dirty_[v] = false;
  }
  return reached;
}

}  // namespace cairn

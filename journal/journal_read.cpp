#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "journal/journal_on_disk.h"
#include "journal/scan.h"

namespace cairn {
namespace {

// Takes rows from `more` while the limits allow; false when they are reached.
class row_collector {
 public:
  row_collector(std::size_t rows_max, std::uint64_t bytes_max)
      : rows_left_(rows_max), bytes_left_(bytes_max) {}

  bool add(const row& next) {
    if (rows_left_ == 0 || (!out_.empty() && next.what.data_length > bytes_left_)) return false;
    --rows_left_;
    bytes_left_ -= std::min<std::uint64_t>(bytes_left_, next.what.data_length);
    out_.push_back(next);
    return true;
  }
  std::size_t rows_left() const { return rows_left_; }
  std::vector<row> take() { return std::move(out_); }

 private:
  std::size_t rows_left_;
  std::uint64_t bytes_left_;
  std::vector<row> out_;
};

tl::unexpected<error> gone(const std::string& directory, sequence at) {
  return fail(ENODATA,
              "journal " + directory + ": record " + std::to_string(at.value) + " was trimmed");
}

}  // namespace

result<std::vector<row>> journal_on_disk::rows(sequence from, sequence upto, std::size_t rows_max,
                                               std::uint64_t bytes_max) {
  constexpr std::size_t rows_at_once = 1024;
  if (!from) from = sequence(1);
  row_collector out(rows_max, bytes_max);
  for (auto next = from;;) {
    sequence tail_first;
    {
      const std::lock_guard lock(append_mutex_);
      if (next <= trimmed_) return gone(directory_, next);
      const auto last = std::min(upto, sequence(finished_.reached()));
      while (next <= last && tail_.holds(next)) {
        const auto& each = tail_.at(next);
        if (!out.add(each)) return out.take();
        next = each.what.seq.next();
      }
      if (next > last) return out.take();
      tail_first = tail_.first();
    }
    // Behind the tail: the catalog has every row below it.
    const auto last = std::min(upto, tail_first.previous());
    const auto at_once = std::min(rows_at_once, out.rows_left());
    if (at_once == 0) return out.take();
    const auto read = reader_.with([&](auto& r) { return r->rows(next, last, at_once); });
    if (!read) return fail(read.error());
    if (read->empty()) {
      const std::lock_guard lock(append_mutex_);
      if (next <= trimmed_) return gone(directory_, next);
      return fail(EBADMSG, "journal " + directory_ + ": the catalog lacks record " +
                               std::to_string(next.value));
    }
    for (const auto& each : *read) {
      if (first_of(each.what) > next) return gone(directory_, next);
      if (!out.add(each)) return out.take();
      next = each.what.seq.next();
    }
  }
}

segment_pin journal_on_disk::pin(std::uint64_t segment) const {
  const auto found = space_.find(segment);
  return found ? segment_pin(std::shared_ptr<const file>(found, found->store.get()))
               : segment_pin();
}

result<segment_ptr> journal_on_disk::segment_of(std::uint64_t number) const {
  auto found = space_.find(number);
  if (found) return found;
  return fail(ENODATA,
              "journal " + directory_ + ": segment " + std::to_string(number) + " was trimmed");
}

result<void> journal_on_disk::read_records(std::span<const row> rows, raw_bytes& out) {
  while (!rows.empty()) {
    const auto run = rows.first(run_length(rows));
    rows = rows.subspan(run.size());
    const auto first = out.size();
    result<void> read;
    if (run.front().at.segment == 0) {
      // A gap that recovery made has no bytes: here it has.
      out.resize(first + record_alignment, std::byte{0});
    } else {
      const auto in = segment_of(run.front().at.segment);
      if (!in) return fail(in.error());
      read = read_run(**in, run, out);
    }
    auto at = first;
    for (const auto& each : run) {
      if (at == out.size()) break;  // damaged
      const auto header = encode_header(each.what, 0);
      std::copy(header.begin(), header.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
      at += stored_bytes(each.what.data_length);
    }
    CAIRN_TRY(read);
  }
  return {};
}

}  // namespace cairn

#include "tests/crash/journal_lives.h"

namespace cairn {

journal_lives::journal_lives(std::uint64_t seed, member_role role, std::uint64_t size_max)
    : random_(seed) {
  options_.directory = "/j";
  options_.group = "lab";
  options_.member = "m1";
  options_.first_role = role;
  options_.segment_bytes = 64 << 10;
  options_.size_max = size_max;
  options_.lock_wait_ms = 0;
}

recovery_report journal_lives::start() {
  for (;;) {
    if (random_.below(3) == 0) disk_.die_after(1 + random_.below(40));
    recovery_report report;
    auto opened = journal::open(disk_, options_, random_, &report);
    if (opened) {
      log_ = std::move(*opened);
      return report;
    }
    if (!disk_.died()) {
      ADD_FAILURE() << opened.error().text;
      return report;
    }
    ++failed_starts_;
    end_process();
  }
}

// Half of the deaths take the page cache with them.
void journal_lives::end_process() {
  if (random_.below(2) == 0) return disk_.kill();
  disk_.power_cut(random_);
  power_was_cut_ = true;
}

journal_lives::found journal_lives::read_back(sequence n) {
  const auto rows = log_->rows(n, n, 1, 1 << 20);
  if (!rows || rows->size() != 1) {
    ADD_FAILURE() << "no row " << n.value << (rows ? "" : ": " + rows.error().text);
    return {};
  }
  const auto& r = rows->front();
  raw_bytes whole;
  if (const auto read = log_->read_record(r, whole); !read) {
    ADD_FAILURE() << read.error().text;
    return {r, {}};
  }
  const auto data = byte_view(whole).subspan(record_header_bytes, r.what.data_length);
  return {r, bytes(data.begin(), data.end())};
}

}  // namespace cairn

#include "tests/bench/micro/warm_journal.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/crc32c.h"
#include "base/log.h"
#include "storage/posix_disk.h"

namespace cairn {
namespace {

constexpr std::chrono::milliseconds pace{20};
constexpr std::size_t rows_at_once = 4096;

result<void> append_to(journal& log, byte_view content) {
  record r;
  r.kind = content.empty() ? record_kind::trim : record_kind::write;
  r.volume = 1;
  r.range = {0, std::max<std::uint64_t>(content.size(), record_alignment)};
  r.data_length = static_cast<std::uint32_t>(content.size());
  r.data_crc = crc32c(content);
  const auto slot = log.reserve(r);
  if (!slot) return fail(slot.error());
  const iovec part{const_cast<std::byte*>(content.data()), content.size()};
  return log.write(*slot, std::span(&part, content.empty() ? 0 : 1));
}

}  // namespace

bytes random_bytes(std::size_t length) {
  bytes out(length);
  for (std::size_t at = 0; at < length; at += 256)
    system_random().fill(byte_span(out).subspan(at, std::min<std::size_t>(256, length - at)));
  return out;
}

warm_journal::warm_journal(std::uint64_t size_max) : size_max_(size_max) {
  set_log_level(log_level::error);
  open();
  const auto content = random_bytes(record_data_max / 2);
  auto done = append_to(*log_, content);
  while (done) done = append_to(*log_, content);
  if (done.error().code != ENOSPC) must(done);
  forget_all();
}

void warm_journal::open() {
  journal_options o;
  o.directory = where_ / "journal";
  o.group = "bench";
  o.member = "m1";
  o.segment_bytes = 16U << 20;
  o.size_max = size_max_;
  auto opened = journal::open(posix_disk(), o, system_random(), nullptr);
  must(opened);
  log_ = std::move(*opened);
}

void warm_journal::open_again() {
  log_.reset();
  open();
}

void warm_journal::append(byte_view content) { must(append_to(*log_, content)); }

void warm_journal::forget_all() {
  must(log_->sync());
  must(log_->save_backed(log_->durable()));
  must(log_->trim(log_->backed()));
  must(log_->prepare_segment());
}

void warm_journal::start_rows() {
  stopping_ = false;
  rows_ = std::thread([this] {
    while (!stopping_) {
      must(log_->prepare_segment());
      const auto written = log_->write_rows(rows_at_once);
      must(written);
      if (*written < rows_at_once) std::this_thread::sleep_for(pace);
    }
  });
}

void warm_journal::stop_rows() {
  stopping_ = true;
  if (rows_.joinable()) rows_.join();
}

}  // namespace cairn

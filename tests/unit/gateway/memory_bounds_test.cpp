// Memory stays flat however long it goes on. Measured as the heap that is in use; a sanitizer's
// allocator tells nothing, and then nothing is compared.
#include <gtest/gtest.h>

#include <malloc.h>

#include "base/log.h"
#include "gateway/member/member.h"
#include "gateway/volume/lag_samples.h"
#include "gateway/volume/pending_map.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
namespace {

std::size_t heap_bytes() {
  const auto m = mallinfo2();
  return m.uordblks + m.hblkhd;
}

constexpr std::uint64_t block = 512;

record write_at(std::uint64_t n, std::uint64_t offset, std::uint64_t length) {
  record r;
  r.kind = record_kind::write;
  r.seq = sequence(n);
  r.volume = 1;
  r.range = {offset, length};
  return r;
}

TEST(memory_bounds, OverwritingTheSamePlacesTakesNoMoreOfThePendingMap) {
  pending_map map;
  for (std::uint64_t n = 1; n <= 100'000; ++n) map.insert(write_at(n, n % 100 * block, block), {});
  EXPECT_EQ(map.size(), 100u);
}

TEST(memory_bounds, ARecordTakesAtMostTwoStretchesOfThePendingMap) {
  pending_map map;
  constexpr std::uint64_t writes = 1000;
  map.insert(write_at(1, 0, 4 * writes * block), {});
  // Each cuts the first one in two.
  for (std::uint64_t n = 2; n <= writes; ++n) map.insert(write_at(n, 2 * n * block, block), {});
  EXPECT_LE(map.size(), 2 * writes);
}

TEST(memory_bounds, ABacklogOfHoursTakesNoMoreSamplesThanOneOfMinutes) {
  const auto before = heap_bytes();
  lag_samples samples(2);
  lag_samples::time now{};
  for (std::uint64_t n = 1; n <= 500'000; ++n) {
    now += std::chrono::milliseconds(50);
    samples.add(n % 2, block, sequence(n), now);
  }
  EXPECT_EQ(samples.behind({}, now).total.records, 500'000u);
  EXPECT_LE(heap_bytes(), before + (1U << 20));
}

class busy_member {
 public:
  busy_member() {
    set_log_level(log_level::error);
    member_config c;
    c.group = "g";
    c.name = "m";
    c.journal = where_ / "journal";
    c.journal_size_bytes = 16U << 20;
    c.segment_bytes = 1U << 20;
    c.volumes = {{"v", where_ / "v.img", 1U << 20}};
    auto opened = member::open(posix_disk(), c, "gateway", {}, system_random());
    EXPECT_TRUE(opened) << opened.error().text;
    core_ = std::move(*opened);
  }

  // Writes, and markers in between, while the threads' steps keep up.
  void run(std::uint64_t writes) {
    const bytes content(block, std::byte{1});
    for (std::uint64_t n = 1; n <= writes; ++n) {
      const auto offset = n * 7 % (1U << 11) * block;
      ASSERT_TRUE(core_->write_and_wait(0, content, offset, false));
      if (n % 1000 == 0) round();
      if (n % 2000 == 0) steps();
    }
  }

 private:
  void steps() {
    core_->sync_step();
    core_->catalog_step();
    while (core_->destage_step()) {
    }
    core_->backing_step();
  }

  void round() {
    last_ = last_.next();
    const marker_id id{last_, epoch(1)};
    const monotonic_time now{};
    core_->rounds()->on_mark({id, {"m"}, 50}, now, [](const control_message&) {});
    core_->rounds()->on_release({id, core_->log().current()}, now);
  }

  temporary_directory where_;
  std::unique_ptr<member> core_;
  marker_number last_;
};

TEST(memory_bounds, AMemberThatRunsOnTakesNoMoreMemory) {
  busy_member m;
  m.run(80'000);  // by then the tail of rows is as long as it gets
  const auto before = heap_bytes();
  m.run(80'000);
  EXPECT_LE(heap_bytes(), before + (256U << 10));
}

}  // namespace
}  // namespace cairn

// A primary's journal through many short lives, each ended by a kill, a loss of power, or death at
// some operation of the disk, also in the middle of a start. The oracle remembers every append:
//
//   * what returned before a kill is there after it (I2);
//   * what a sync covered is there after a loss of power;
//   * no sequence ever holds other bytes than those appended under it, or it is a gap;
//   * a copy that obeys kept_to, like a secondary that was away for some starts, is always a
//   prefix;
//   * every start succeeds by itself, with a higher incarnation.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/crc32c.h"
#include "tests/crash/journal_lives.h"
#include "tests/crash/power_seeds.h"

namespace cairn {
namespace {

struct remembered {
  record what;
  bytes data;
  bool finished = false;
};

struct counters {
  std::uint64_t lives = 0, gaps = 0, lost = 0, recycled = 0, failed_starts = 0, seals_lost = 0;
};

class lives : journal_lives {
 public:
  lives(std::uint64_t seed, counters& seen)
      : journal_lives(seed, member_role::primary, 2 << 20), seen_(seen) {}

  void run(int count) {
    for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
      ++seen_.lives;
      seen_.gaps += start().gaps.size();
      if (testing::Test::HasFailure()) return;
      check();
      live();
      end();
    }
    seen_.failed_starts += failed_starts_;
  }

 private:
  void end() {
    recycled_before_ = 0;
    end_process();
    slots_.clear();
    log_.reset();
  }

  // ---- what the start left, against what is remembered
  void check() {
    const auto last = log_->assigned();
    EXPECT_EQ(log_->finished(), last);
    EXPECT_EQ(log_->durable(), last);
    EXPECT_LE(acknowledged_durable_, last);
    EXPECT_GT(log_->current(), incarnation_);
    // A start that died may have made gaps and its incarnation, too.
    auto kept_to = last;
    for (const auto& each : log_->starts())
      if (each.number > incarnation_) kept_to = std::min(kept_to, each.kept_to);
    incarnation_ = log_->current();
    std::optional<sequence> first_new_gap;
    for (auto& [seq, was] : memory_) {
      if (seq <= log_->trimmed()) continue;
      if (seq > last) {
        ++seen_.lost;
        EXPECT_FALSE(was.finished && !power_was_cut_) << seq.value << " was lost in a kill";
        continue;
      }
      check_one(seq, was, first_new_gap);
    }
    EXPECT_LE(kept_to, last);
    if (first_new_gap) {
      EXPECT_LT(kept_to, *first_new_gap);
    }
    memory_.erase(memory_.upper_bound(last), memory_.end());
    for (auto& [seq, was] : memory_) was.finished = true;
    acknowledged_durable_ = last;
    power_was_cut_ = false;
    check_copy();
  }

  void check_one(sequence seq, remembered& was, std::optional<sequence>& first_new_gap) {
    const auto [row, data] = read_back(seq);
    const auto& now = row.what;
    if (now.kind == record_kind::gap && was.what.kind != record_kind::gap) {
      EXPECT_GT(seq, acknowledged_durable_) << "a durable record became a gap";
      EXPECT_FALSE(was.finished && !power_was_cut_ && was.what.kind != record_kind::seal)
          << seq.value << " became a gap in a kill";
      if (!first_new_gap) first_new_gap = seq;
      was = {now, {}, true};
      return;
    }
    EXPECT_EQ(now.kind, was.what.kind) << seq.value;
    EXPECT_EQ(now.made_in, was.what.made_in) << seq.value;
    EXPECT_TRUE(data == was.data) << seq.value;
  }

  // ---- a copy elsewhere, which gets what is finished and obeys kept_to
  void check_copy() {
    if (random_.below(3) == 0) return;  // it is away: it misses this incarnation
    sequence lowest = copy_.empty() ? sequence() : copy_.rbegin()->first;
    for (const auto& each : log_->starts())
      if (each.number > copy_knows_) lowest = std::min(lowest, each.kept_to);
    copy_.erase(copy_.upper_bound(lowest), copy_.end());
    copy_knows_ = log_->current();
    for (const auto& [seq, has] : copy_) {
      const auto is = memory_.find(seq);
      if (is == memory_.end()) continue;  // trimmed
      EXPECT_EQ(is->second.what.made_in, has.what.made_in) << "the copy differs at " << seq.value;
      EXPECT_TRUE(is->second.data == has.data) << "the copy differs at " << seq.value;
    }
  }

  void feed_copy() {
    if (copy_knows_ != incarnation_) return;
    const auto upto = log_->finished();
    for (auto& [seq, was] : memory_)
      if (seq <= upto && !copy_.contains(seq)) copy_[seq] = was;
  }

  // ---- a life
  void live() {
    if (random_.below(2) == 0) disk_.die_after(1 + random_.below(300));
    const auto steps = random_.below(80);
    for (std::uint64_t i = 0; i < steps && !disk_.died() && !testing::Test::HasFailure(); ++i)
      step();
  }

  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        reserve();
        break;
      case 5:
      case 6:
        write_one();
        break;
      case 7:
        sync();
        break;
      case 8:
        must(log_->write_rows(random_.below(2) == 0 ? 3 : 1000));
        break;
      case 9:
        trim();
        break;
      case 10:
        must(log_->prepare_segment());
        break;
      case 11:
        feed_copy();
        break;
    }
  }

  record_kind random_kind() {
    const auto n = random_.below(10);
    return n == 0   ? record_kind::zero
           : n == 1 ? record_kind::marker
           : n == 2 ? record_kind::seal
                    : record_kind::write;
  }

  // Several appends are under way at a time and finish in any order.
  void reserve() {
    remembered next;
    next.what.kind = random_kind();
    if (next.what.kind == record_kind::marker || next.what.kind == record_kind::seal) {
      const auto body = encode_marker_body({{marker_number(1 + random_.below(5)), epoch(1)}, 1, 2});
      next.data.assign(body.begin(), body.end());
    } else {
      next.what.volume = 1;
      next.what.range = {random_.below(100) * 512, 1 + random_.below(6000)};
      if (next.what.kind == record_kind::write) next.data.resize(next.what.range.length);
      random_.fill(next.data);
    }
    next.what.data_length = static_cast<std::uint32_t>(next.data.size());
    next.what.data_crc = crc32c(next.data);
    const auto slot = log_->reserve(next.what);
    if (!must(slot)) return;
    next.what = slot->what;
    EXPECT_TRUE(memory_.emplace(slot->what.seq, std::move(next)).second);
    slots_.push_back(*slot);
    if (slots_.size() > 4 || random_.below(2) == 0) write_one();
  }

  void write_one() {
    if (slots_.empty()) return;
    const auto at = random_.below(slots_.size());
    const auto slot = slots_[at];
    slots_.erase(slots_.begin() + static_cast<long>(at));
    auto& was = memory_.at(slot.what.seq);
    const iovec one{was.data.data(), was.data.size()};
    if (must(log_->write(slot, std::span(&one, was.data.empty() ? 0 : 1)))) was.finished = true;
  }

  void sync() {
    const auto point = log_->begin_sync();
    if (random_.below(2) == 0) reserve();  // an append between begin and complete
    while (!log_->ready(point) && !slots_.empty()) write_one();
    if (!log_->ready(point)) return;
    if (must(log_->complete_sync(point))) {
      EXPECT_GE(log_->durable(), sequence(point.boundary));
      acknowledged_durable_ = std::max(acknowledged_durable_, sequence(point.boundary));
    }
  }

  void trim() {
    const auto upto = sequence(random_.below(log_->durable().value + 1));
    if (!must(log_->save_backed(upto))) return;
    if (!must(log_->trim(log_->backed()))) return;
    EXPECT_LE(log_->trimmed(), log_->backed());
    memory_.erase(memory_.begin(), memory_.upper_bound(log_->trimmed()));
    copy_.erase(copy_.begin(), copy_.upper_bound(log_->trimmed()));
    seen_.recycled += log_->usage().recycled - recycled_before_;
    recycled_before_ = log_->usage().recycled;
  }

  counters& seen_;
  std::map<sequence, remembered> memory_, copy_;
  std::vector<append_slot> slots_;
  sequence acknowledged_durable_;
  incarnation incarnation_, copy_knows_;
  std::uint64_t recycled_before_ = 0;
};

TEST(JournalPower, NothingFlushedIsEverLostAndEveryStartSucceeds) {
  counters seen;
  for_each_seed({120, 4000}, [&](std::uint64_t seed) { lives(seed, seen).run(25); });
  std::printf("%lu lives, %lu gaps, %lu lost unsynced, %lu recycled, %lu starts died\n", seen.lives,
              seen.gaps, seen.lost, seen.recycled, seen.failed_starts);
  // A test that meets none of these shows nothing.
  EXPECT_GT(seen.gaps, 0u);
  EXPECT_GT(seen.lost, 0u);
  EXPECT_GT(seen.recycled, 0u);
  EXPECT_GT(seen.failed_starts, 0u);
}

}  // namespace
}  // namespace cairn

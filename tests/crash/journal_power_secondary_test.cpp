// A secondary's journal through many short lives. It is fed by a primary that, now and then, takes
// numbers back and uses them again in a new incarnation. The oracle:
//
//   * what was stored (synced) and not cut since is there after any death;
//   * what a durable truncation or takeover cut is never found again;
//   * what is there is always a prefix, without gaps of its own making, of what was sent.
#include <gtest/gtest.h>

#include <map>

#include "base/crc32c.h"
#include "tests/crash/journal_lives.h"
#include "tests/crash/power_seeds.h"

namespace cairn {
namespace {

struct sent_record {
  record what;
  bytes data;
};

struct counters {
  std::uint64_t lives = 0, cuts = 0, lost = 0, failed_starts = 0, takeovers = 0;
};

class secondary_lives : journal_lives {
 public:
  secondary_lives(std::uint64_t seed, counters& seen)
      : journal_lives(seed, member_role::secondary, 8 << 20), seen_(seen) {
    starts_.push_back({incarnation(1), random_.make_uuid(), {}});
  }

  void run(int count) {
    for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
      ++seen_.lives;
      EXPECT_TRUE(start().gaps.empty());
      if (testing::Test::HasFailure()) return;
      check();
      if (random_.below(2) == 0) disk_.die_after(1 + random_.below(200));
      live();
      if (i + 1 == count) take_over();
      end_process();
      log_.reset();
    }
    seen_.failed_starts += failed_starts_;
  }

 private:
  // Where a truncation was under way when it died, either outcome is right.
  void check() {
    const auto last = log_->assigned();
    EXPECT_GE(last, std::min(stored_, cut_under_way_.value_or(stored_)));
    EXPECT_EQ(log_->durable(), last);
    if (cut_under_way_ && log_->current() == starts_.back().number) take_back(*cut_under_way_);
    if (!cut_under_way_ && knows_) {
      EXPECT_EQ(log_->current(), knows_) << "what was learned durably is forgotten";
    }
    cut_under_way_.reset();
    knows_ = log_->current();
    EXPECT_TRUE(sent_.empty() ? !last : last <= sent_.rbegin()->first)
        << "found " << last.value << ", which was cut";
    if (!sent_.empty() && last < sent_.rbegin()->first) ++seen_.lost;
    sent_.erase(sent_.upper_bound(last), sent_.end());
    stored_ = last;
    for (auto n = log_->trimmed().next(); n <= last; n = n.next()) check_one(n);
  }

  void check_one(sequence n) {
    const auto [row, data] = read_back(n);
    const auto& was = sent_.at(n);
    EXPECT_EQ(row.what.kind, was.what.kind) << n.value;
    EXPECT_EQ(row.what.made_in, was.what.made_in) << n.value;
    EXPECT_TRUE(data == was.data) << n.value;
  }

  void live() {
    hello();
    const auto steps = random_.below(40);
    for (std::uint64_t i = 0; i < steps && !disk_.died() && !testing::Test::HasFailure(); ++i)
      switch (random_.below(8)) {
        case 0:
        case 1:
        case 2:
        case 3:
          receive();
          break;
        case 4:
          store();
          break;
        case 5:
          must(log_->write_rows(1 + random_.below(30)));
          break;
        case 6:
          trim();
          break;
        case 7:
          hello();
          break;
      }
  }

  // The primary connects; sometimes it has restarted and took some unsynced numbers back.
  void hello() {
    if (disk_.died() || testing::Test::HasFailure()) return;
    auto keep_to = log_->assigned();
    if (random_.below(3) == 0) {
      const auto floor = std::max(log_->trimmed(), log_->backed());
      keep_to = sequence(floor.value + random_.below(keep_to.value - floor.value + 1));
      starts_.push_back({starts_.back().number.next(), starts_.back().in_lineage, keep_to});
      ++seen_.cuts;
    }
    cut_under_way_ = keep_to;
    if (!must(log_->truncate(keep_to, starts_))) return;
    cut_under_way_.reset();
    knows_ = starts_.back().number;
    EXPECT_EQ(log_->current(), knows_);
    EXPECT_EQ(log_->assigned(), keep_to);
    take_back(keep_to);
  }

  void take_back(sequence keep_to) {
    sent_.erase(sent_.upper_bound(keep_to), sent_.end());
    stored_ = std::min(stored_, keep_to);
  }

  void receive() {
    if (knows_ != starts_.back().number) return;
    std::vector<sent_record> made;
    const auto count = 1 + random_.below(20);
    for (std::uint64_t i = 0; i < count; ++i) {
      sent_record next;
      auto& r = next.what;
      r.seq = sequence(log_->assigned().value + i + 1);
      r.made_in = starts_.back().number;
      r.kind = random_.below(8) == 0 ? record_kind::gap : record_kind::write;
      if (r.kind == record_kind::write) {
        r.volume = 1;
        r.range = {random_.below(1 << 20), 1 + random_.below(3000)};
        next.data.resize(r.range.length);
        random_.fill(next.data);
      }
      r.data_length = static_cast<std::uint32_t>(next.data.size());
      r.data_crc = crc32c(next.data);
      made.push_back(std::move(next));
    }
    std::vector<received_record> views;
    for (const auto& each : made) {
      views.push_back({each.what, each.data});
      sent_[each.what.seq] = each;  // even if it dies in there, it may be found
    }
    if (!must(log_->append_received(views)) && !disk_.died())
      sent_.erase(sent_.upper_bound(log_->assigned()), sent_.end());
  }

  void store() {
    const auto point = log_->begin_sync();
    EXPECT_TRUE(log_->ready(point));
    if (must(log_->complete_sync(point))) stored_ = log_->durable();
  }

  void trim() {
    if (!must(log_->save_backed(sequence(random_.below(log_->durable().value + 1))))) return;
    must(log_->trim(log_->backed()));
  }

  void take_over() {
    if (disk_.died() || testing::Test::HasFailure()) return;
    const auto floor = std::max(log_->trimmed(), log_->backed());
    const auto at = sequence(floor.value + random_.below(log_->durable().value - floor.value + 1));
    auto state = log_->state();
    state.role = member_role::primary;
    state.lineages.push_back({random_.make_uuid(), {}, at});
    if (!must(log_->fork(at, state))) return;
    ++seen_.takeovers;
    take_back(at);
    knows_ = log_->current();
    EXPECT_EQ(knows_, starts_.back().number.next());
    const auto slot = log_->reserve({record_kind::zero, {}, {}, 1, {0, 512}, 0, crc32c({}), {}});
    if (!must(slot) || !must(log_->write(*slot, {}))) return;
    EXPECT_EQ(slot->what.seq, at.next());
    EXPECT_EQ(slot->what.made_in, knows_);
    end_process();
    log_.reset();
    start();
    EXPECT_GE(log_->assigned(), at);
    EXPECT_LE(log_->assigned(), at.next()) << "records that were set aside are found again";
    for (auto n = log_->trimmed().next(); n <= at; n = n.next()) check_one(n);
  }

  counters& seen_;
  std::map<sequence, sent_record> sent_;
  std::vector<incarnation_start> starts_;
  sequence stored_;
  incarnation knows_;
  std::optional<sequence> cut_under_way_;
};

TEST(JournalPower, ASecondaryKeepsWhatItStoredAndNeverFindsWhatWasCut) {
  counters seen;
  for_each_seed({100, 4000}, [&](std::uint64_t seed) { secondary_lives(seed, seen).run(20); });
  std::printf("%lu lives, %lu cuts, %lu lost tails, %lu starts died, %lu takeovers\n", seen.lives,
              seen.cuts, seen.lost, seen.failed_starts, seen.takeovers);
  EXPECT_GT(seen.cuts, 0u);
  EXPECT_GT(seen.lost, 0u);
  EXPECT_GT(seen.failed_starts, 0u);
  EXPECT_GT(seen.takeovers, 0u);
}

}  // namespace
}  // namespace cairn

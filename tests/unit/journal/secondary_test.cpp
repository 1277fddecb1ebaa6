// A secondary's journal: what a peer sent, cuts, and a takeover.
#include "storage/database.h"
#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

class SecondaryTest : public JournalFixture {
 protected:
  SecondaryTest() {
    options_.first_role = member_role::secondary;
    starts_ = {{incarnation(1), random_.make_uuid(), {}}};
  }

  void open_and_learn() {
    open();
    ASSERT_TRUE(log_->truncate({}, starts_));
  }

  // What a takeover saves that keeps everything up to the n-th record.
  member_state taken_over_at(std::uint64_t n) {
    auto state = log_->state();
    state.role = member_role::primary;
    state.lineages.push_back({random_.make_uuid(), {}, sequence(n)});
    return state;
  }

  // Records of the newest incarnation behind the last one.
  result<void> receive(int count, std::size_t length = 1000) {
    std::vector<bytes> data;
    std::vector<received_record> views;
    for (int i = 0; i < count; ++i) {
      const sequence seq(log_->assigned().value + static_cast<std::uint64_t>(i) + 1);
      data.push_back(content(seq, length));
      record r = write_draft(seq.value * 4096, data.back());
      r.seq = seq;
      r.made_in = starts_.back().number;
      views.push_back({r, data.back()});
    }
    return log_->append_received(views);
  }

  result<void> receive_control(record_kind kind, std::uint64_t n) {
    const auto body = encode_marker_body({{marker_number(n), epoch(1)}, 1, 2});
    record r;
    r.kind = kind;
    r.seq = log_->assigned().next();
    r.made_in = starts_.back().number;
    r.data_length = marker_body_bytes;
    r.data_crc = crc32c(body);
    const received_record one{r, body};
    return log_->append_received(std::span(&one, 1));
  }

  std::uint64_t aside_rows() {
    auto db = database::open(disk_, "/state/journal/catalog.db", database::access::read_only);
    auto count = (*db)->prepare("SELECT count(*) FROM aside");
    return count->step() ? count->column(0) : 0;
  }

  std::vector<incarnation_start> starts_;
};

TEST_F(SecondaryTest, ReceivedBulkRecordsTakeWholeBlocksBetweenSmallOnes) {
  options_.segment_bytes = 512 << 10;
  open_and_learn();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(receive(3, 1000));
    ASSERT_TRUE(receive(2, bulk_data_bytes));
  }
  expect_bulk_in_whole_blocks(15);
  kill_and_open();
  EXPECT_EQ(log_->finished(), sequence(15));
  expect_bulk_in_whole_blocks(15);
}

TEST_F(SecondaryTest, ReceivedRecordsAreThereAfterAKill) {
  open_and_learn();
  ASSERT_TRUE(receive(150));
  EXPECT_EQ(log_->finished(), sequence(150));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(150));
  EXPECT_EQ(log_->current(), incarnation(1));
  for (std::uint64_t n = 1; n <= 150; ++n) expect_content(n);
}

// A full secondary without a marker to apply frees nothing, for ever: the room that a primary keeps
// for markers was kept free here, too, so the first marker behind a full journal did not fit.
TEST_F(SecondaryTest, TakesAllThatAFullPrimaryHoldsAndTheMarkerBehindIt) {
  const auto mine = options_;
  options_.directory = "/state/primary";
  options_.first_role = member_role::primary;
  open();
  int count = 0;
  while (append()) ++count;
  log_.reset();
  options_ = mine;
  open_and_learn();
  for (int i = 0; i < count; ++i) ASSERT_TRUE(receive(1)) << i << " of " << count;
  ASSERT_TRUE(receive_control(record_kind::marker, 1));
  ASSERT_TRUE(receive_control(record_kind::seal, 1));
}

TEST_F(SecondaryTest, RecoveryCutsAtTheFirstHoleAndMakesNoGap) {
  open_and_learn();
  ASSERT_TRUE(receive(5));
  const auto third = row_at(3);
  const auto path = file_of(third);
  disk_.kill();
  disk_.flip_bit(path, third.at.position + 100);
  open();
  EXPECT_TRUE(report_.gaps.empty());
  EXPECT_EQ(report_.cut_to, sequence(2));
  EXPECT_EQ(log_->assigned(), sequence(2));
  ASSERT_TRUE(receive(1));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(3)) << "4 and 5 were cut and must not be found again";
}

TEST_F(SecondaryTest, WhatDoesNotFollowIsRefused) {
  open_and_learn();
  ASSERT_TRUE(receive(3));
  record r;
  r.kind = record_kind::zero;
  r.volume = 1;
  r.range = {0, 512};
  r.made_in = incarnation(1);
  for (const std::uint64_t seq : {1, 3, 5}) {
    r.seq = sequence(seq);
    const received_record one{r, {}};
    const auto refused = log_->append_received(std::span(&one, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EPROTO);
  }
  r.seq = sequence(4);
  r.made_in = incarnation(2);
  const received_record unknown{r, {}};
  EXPECT_FALSE(log_->append_received(std::span(&unknown, 1))) << "an unannounced incarnation";
  EXPECT_EQ(log_->assigned(), sequence(3));
}

TEST_F(SecondaryTest, ATruncationIsNeverUndone) {
  open_and_learn();
  ASSERT_TRUE(receive(200));  // over several segments
  ASSERT_TRUE(log_->sync());
  starts_.push_back({incarnation(2), starts_[0].in_lineage, sequence(70)});
  ASSERT_TRUE(log_->truncate(sequence(70), starts_));
  EXPECT_EQ(log_->assigned(), sequence(70));
  EXPECT_EQ(log_->durable(), sequence(70));
  cut_power_and_open();
  EXPECT_EQ(log_->assigned(), sequence(70));
  EXPECT_EQ(log_->current(), incarnation(2));
  ASSERT_TRUE(receive(30, 500));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(100));
  EXPECT_EQ(row_at(70).what.made_in, incarnation(1));
  EXPECT_EQ(row_at(71).what.made_in, incarnation(2));
  EXPECT_EQ(row_at(71).what.data_length, 500u);
  for (std::uint64_t n = 1; n <= 100; ++n) expect_content(n);
}

TEST_F(SecondaryTest, ASyncBegunBeforeATruncationIsVoid) {
  open_and_learn();
  ASSERT_TRUE(receive(20));
  const auto before = log_->begin_sync();
  ASSERT_TRUE(log_->truncate(sequence(10), starts_));
  ASSERT_TRUE(receive(5));
  EXPECT_TRUE(log_->ready(before));
  ASSERT_TRUE(log_->complete_sync(before));
  EXPECT_LE(log_->durable(), sequence(10));
}

TEST_F(SecondaryTest, ACutNeverTakesBackASealedStoredMarker) {
  open_and_learn();
  ASSERT_TRUE(receive(3));
  ASSERT_TRUE(receive_control(record_kind::marker, 1));
  ASSERT_TRUE(receive_control(record_kind::seal, 1));
  ASSERT_TRUE(log_->truncate(sequence(5), starts_));
  ASSERT_TRUE(log_->sync());
  const auto refused = log_->truncate(sequence(4), starts_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("sealed marker 1"), std::string::npos);
  EXPECT_EQ(log_->assigned(), sequence(5));
}

TEST_F(SecondaryTest, ACutForgetsMarkersAndSealsBeyondIt) {
  open_and_learn();
  ASSERT_TRUE(receive_control(record_kind::marker, 1));
  ASSERT_TRUE(receive_control(record_kind::seal, 1));
  ASSERT_TRUE(receive_control(record_kind::marker, 2));
  ASSERT_TRUE(log_->truncate(sequence(1), starts_));
  EXPECT_FALSE(log_->marker({marker_number(2), epoch(1)}));
  EXPECT_FALSE(log_->marker({marker_number(1), epoch(1)})->seal_at);
  kill_and_open();
  EXPECT_FALSE(log_->newest_marker()->seal_at);
}

TEST_F(SecondaryTest, ATakeoverSetsTheTailAsideAndGoesOnBehindTheMarker) {
  open_and_learn();
  ASSERT_TRUE(receive(100));
  ASSERT_TRUE(log_->sync());
  const auto state = taken_over_at(60);
  ASSERT_TRUE(log_->fork(sequence(60), state));
  EXPECT_EQ(log_->current(), incarnation(2));
  EXPECT_EQ(log_->starts().back().kept_to, sequence(60));
  EXPECT_EQ(*append(), sequence(61));
  EXPECT_EQ(aside_rows(), 40u);
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(61));
  EXPECT_EQ(log_->state().lineages, state.lineages);
  EXPECT_EQ(log_->current(), incarnation(3));
  EXPECT_EQ(row_at(61).what.made_in, incarnation(2));
  EXPECT_EQ(aside_rows(), 40u);
  for (std::uint64_t n = 1; n <= 61; ++n) expect_content(n);
}

TEST_F(SecondaryTest, ATakeoverIsRefusedWhenANewerCoordinatorWasAnsweredMeanwhile) {
  open_and_learn();
  ASSERT_TRUE(receive(100));
  ASSERT_TRUE(log_->sync());
  const auto state = taken_over_at(60);
  ASSERT_TRUE(log_->update_state([](member_state& s) -> result<void> {
    s.selection_epoch = epoch(6);
    return {};
  }));
  const auto refused = log_->fork(sequence(60), state);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ESTALE);
  EXPECT_EQ(log_->state().selection_epoch, epoch(6));
  EXPECT_EQ(log_->assigned(), sequence(100));
}

TEST_F(SecondaryTest, WhatWasSetAsideIsNotRecycled) {
  open_and_learn();
  ASSERT_TRUE(receive(150));
  ASSERT_TRUE(log_->sync());
  const auto kept = row_at(149);
  const auto path = file_of(kept);
  const auto state = taken_over_at(20);
  ASSERT_TRUE(log_->fork(sequence(20), state));
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append());
    ASSERT_TRUE(log_->sync());
    ASSERT_TRUE(log_->save_backed(log_->durable()));
    ASSERT_TRUE(log_->trim(log_->durable()));
  }
  EXPECT_GT(log_->usage().recycled, 0u);
  const auto now = *disk_.content(path);
  const auto data = byte_view(now).subspan(kept.at.position + record_header_bytes, 1000);
  EXPECT_TRUE(std::ranges::equal(data, content(sequence(149), 1000)));
}

using SecondaryDeathTest = SecondaryTest;

TEST_F(SecondaryDeathTest, ATakeoverAtARecordThatIsNotDurableEndsTheProcess) {
  open_and_learn();
  ASSERT_TRUE(receive(5));
  auto state = log_->state();
  state.lineages.push_back({random_.make_uuid(), {}, sequence(5)});
  EXPECT_DEATH((void)log_->fork(sequence(5), state), "invariant I6 broken");
}

TEST_F(SecondaryDeathTest, ATargetThatIsNotDurableEndsTheProcess) {
  open_and_learn();
  ASSERT_TRUE(receive(5));
  EXPECT_DEATH((void)log_->update_state([](member_state& s) -> result<void> {
    s.target = {marker_number(1), epoch(1)};
    s.target_sequence = sequence(5);
    return {};
  }),
               "invariant I6 broken");
}

}  // namespace
}  // namespace cairn

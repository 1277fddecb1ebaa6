// What a start finds after a kill or a loss of power.
#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

class RecoveryTest : public JournalFixture {};

TEST_F(RecoveryTest, EverythingIsThereAfterAKill) {
  open();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->write_rows(50));
  kill_and_open();
  EXPECT_EQ(log_->assigned(), sequence(200));
  EXPECT_EQ(log_->durable(), sequence(200));
  for (std::uint64_t n = 1; n <= 200; ++n) expect_content(n);
}

TEST_F(RecoveryTest, WhatWasSyncedSurvivesALossOfPower) {
  open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append());
  cut_power_and_open();
  EXPECT_EQ(log_->assigned(), sequence(50));
  EXPECT_EQ(log_->starts().back().kept_to, sequence(50));
  for (std::uint64_t n = 1; n <= 50; ++n) expect_content(n);
}

TEST_F(RecoveryTest, WhatAFailedSyncDidNotWriteIsNotCalledDurableByTheNextStart) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
  disk_.fail_next_sync("/segments/", EIO);
  ASSERT_FALSE(log_->sync());
  kill_and_open();
  const auto durable = log_->durable();
  EXPECT_EQ(durable, sequence(5)) << "the rest was in memory only, and no sync writes it any more";
  cut_power_and_open();
  EXPECT_GE(log_->durable(), durable);
  for (std::uint64_t n = 1; n <= 5; ++n) expect_content(n);
}

TEST_F(RecoveryTest, AHoleAboveTheWatermarkBecomesAGap) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
  const auto third = row_at(3);
  const auto path = file_of(third);
  disk_.kill();
  disk_.flip_bit(path, third.at.position + 100);
  open();
  EXPECT_EQ(report_.gaps, std::vector{sequence(3)});
  EXPECT_EQ(log_->assigned(), sequence(5));
  EXPECT_EQ(log_->starts().back().kept_to, sequence(2));
  EXPECT_EQ(kind_at(3), record_kind::gap);
  EXPECT_EQ(row_at(3).at.segment, 0u);
  EXPECT_EQ(row_at(3).what.made_in, incarnation(2));
  expect_content(5);
  raw_bytes made;
  ASSERT_TRUE(log_->read_record(row_at(3), made));
  EXPECT_EQ(decode_header(made, 0)->kind, record_kind::gap);
}

TEST_F(RecoveryTest, DamageBelowTheWatermarkIsNamedAndRefused) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->write_rows(100));
  const auto third = row_at(3);
  const auto path = file_of(third);
  disk_.kill();
  disk_.flip_bit(path, third.at.position + 100);
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBADMSG);
  EXPECT_NE(refused.error().text.find("record 3 in " + path), std::string::npos);
  EXPECT_NE(refused.error().text.find(std::to_string(third.at.position)), std::string::npos);
}

TEST_F(RecoveryTest, DamageThatOnlyALaterHeaderKnowsOfIsRefused) {
  // The catalog's watermark was lost with its commit; record 6 says that 1 to 5 were durable.
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(append());
  const auto third = row_at(3);
  const auto path = file_of(third);
  disk_.kill();
  disk_.flip_bit(path, third.at.position + 100);
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("record 3 is damaged: it was durable"), std::string::npos)
      << refused.error().text;
}

TEST_F(RecoveryTest, AMarkerWithoutASealIsReported) {
  open();
  ASSERT_TRUE(append_control(record_kind::marker, 1));
  ASSERT_TRUE(append_control(record_kind::seal, 1));
  ASSERT_TRUE(append_control(record_kind::marker, 2));
  ASSERT_TRUE(append_control(record_kind::void_, 2));
  ASSERT_TRUE(append_control(record_kind::marker, 3));
  kill_and_open();
  ASSERT_EQ(report_.unsealed.size(), 1u);
  EXPECT_EQ(report_.unsealed[0].marker.number, marker_number(3));
  EXPECT_EQ(log_->marker({marker_number(1), epoch(1)})->seal_at, sequence(2));
  EXPECT_TRUE(log_->marker({marker_number(2), epoch(1)})->voided);
  EXPECT_EQ(log_->newest_marker()->at, sequence(5));
}

TEST_F(RecoveryTest, ASealAboveAHoleBecomesAGap) {
  open();
  ASSERT_TRUE(append_control(record_kind::marker, 1));
  ASSERT_TRUE(append());
  ASSERT_TRUE(append_control(record_kind::seal, 1));
  const auto second = row_at(2);
  const auto path = file_of(second);
  disk_.kill();
  disk_.flip_bit(path, second.at.position + 100);
  open();
  EXPECT_EQ(kind_at(3), record_kind::gap);
  EXPECT_EQ(report_.unsealed.size(), 1u);
  EXPECT_FALSE(log_->marker({marker_number(1), epoch(1)})->seal_at);
}

TEST_F(RecoveryTest, ASecondStartFindsNothingNew) {
  open();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(append());
  kill_and_open();
  kill_and_open();
  EXPECT_EQ(report_.records_scanned, 0u);
  EXPECT_EQ(log_->current(), incarnation(3));
  EXPECT_EQ(log_->assigned(), sequence(30));
}

TEST_F(RecoveryTest, AStopInOrderLeavesNoSegmentToScan) {
  open();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->prepare_segment());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->write_rows(1000));
  ASSERT_TRUE(log_->end_segments());
  ASSERT_TRUE(log_->save_backed(log_->durable()));
  ASSERT_TRUE(log_->trim(sequence(100)));
  EXPECT_EQ(log_->usage().segments, 0u);
  cut_power_and_open();
  EXPECT_EQ(report_.records_scanned, 0u);
  EXPECT_EQ(log_->assigned(), sequence(100));
  EXPECT_EQ(log_->trimmed(), sequence(100));
  ASSERT_TRUE(append());
  expect_content(101);
}

TEST_F(RecoveryTest, WhatIsAppendedBehindAnEndedSegmentIsFoundAgain) {
  open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->write_rows(1000));
  ASSERT_TRUE(log_->end_segments());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  cut_power_and_open();
  EXPECT_EQ(log_->assigned(), sequence(20));
  for (std::uint64_t n = 1; n <= 20; ++n) expect_content(n);
}

TEST_F(RecoveryTest, ASegmentIsNotEndedBeforeItsRecordsHaveRowsAndAreDurable) {
  open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append());
  ASSERT_TRUE(log_->end_segments()) << "nothing is durable";
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->sync());
  ASSERT_TRUE(log_->end_segments()) << "no rows";
  ASSERT_TRUE(append());
  ASSERT_TRUE(log_->write_rows(1000));
  EXPECT_EQ(row_at(1).at.segment, row_at(12).at.segment);
}

TEST_F(RecoveryTest, RecordsOfAnEarlierUseOfASegmentAreNeverFound) {
  open();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(append());
    ASSERT_TRUE(log_->sync());
    ASSERT_TRUE(log_->save_backed(log_->durable()));
    ASSERT_TRUE(log_->trim(log_->durable()));
    ASSERT_TRUE(log_->prepare_segment());
    const auto before = log_->assigned();
    kill_and_open();
    EXPECT_EQ(log_->assigned(), before);
    EXPECT_TRUE(report_.gaps.empty());
  }
}

TEST_F(RecoveryTest, AJournalInsideTheDataOfAJournalIsNotTakenForRecords) {
  // A host writes bytes that look like records with the numbers that come next, salted with
  // nothing, as they would lie on the wire or in a journal whose salt leaked.
  open();
  bytes host(16 << 10);
  for (std::uint64_t n = 1; n <= 16; ++n) {
    record fake;
    fake.kind = record_kind::zero;
    fake.made_in = incarnation(1);
    fake.seq = sequence(2 + n);
    fake.volume = 1;
    fake.range = {0, 4096};
    fake.data_crc = crc32c({});
    const auto header = encode_header(fake, 0);
    std::copy(header.begin(), header.end(), host.begin() + static_cast<long>(n * 512 - 64));
  }
  ASSERT_TRUE(append());
  ASSERT_TRUE(append_record(write_draft(0, host), host));
  const auto second = row_at(2);
  const auto path = file_of(second);
  disk_.kill();
  disk_.flip_bit(path, second.at.position + 12);  // so that the scan steps into the data
  open();
  EXPECT_EQ(log_->assigned(), sequence(1));
  EXPECT_TRUE(report_.gaps.empty());
}

TEST_F(RecoveryTest, AnotherMembersJournalIsRefused) {
  open();
  log_.reset();
  options_.member = "m2";
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("belongs to member m1"), std::string::npos);
}

TEST_F(RecoveryTest, ALostCatalogIsRefused) {
  open();
  ASSERT_TRUE(append());
  log_.reset();
  ASSERT_TRUE(disk_.remove("/state/journal/catalog.db"));
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("was catalog.db lost"), std::string::npos);
}

TEST_F(RecoveryTest, ACatalogFromABackupIsRefused) {
  open();
  ASSERT_TRUE(append());
  log_.reset();
  const auto saved = *disk_.content("/state/journal/catalog.db");
  for (int i = 0; i < 3; ++i) open();
  ASSERT_TRUE(append());
  log_.reset();
  ASSERT_TRUE(disk_.remove("/state/journal/catalog.db"));
  ASSERT_TRUE(disk_.open("/state/journal/catalog.db", open_mode::create));
  disk_.overwrite("/state/journal/catalog.db", saved, 0);
  EXPECT_FALSE(try_open());
}

TEST_F(RecoveryTest, AScribbledHeaderBlockIsNamed) {
  open();
  ASSERT_TRUE(append());
  const auto path = file_of(row_at(1));
  disk_.kill();
  disk_.flip_bit(path, 33);
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find(path), std::string::npos) << refused.error().text;
}

TEST_F(RecoveryTest, TwoOwnersAtOnceAreRefused) {
  open();
  recovery_report report;
  const auto second = journal::open(disk_, options_, random_, &report);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EBUSY);
}

TEST_F(RecoveryTest, StateAndVolumesAreKept) {
  open();
  ASSERT_TRUE(log_->save_volumes({{1, random_.make_uuid(), "v1", 1 << 20, ~0ULL, "s1", true}}));
  ASSERT_TRUE(log_->update_state([](member_state& s) -> result<void> {
    s.marker_epoch = epoch(7);
    s.fenced_because = "why";
    return {};
  }));
  const auto state = log_->state();
  const auto volumes = log_->volumes();
  cut_power_and_open();
  EXPECT_EQ(log_->state(), state);
  EXPECT_EQ(log_->volumes(), volumes);
}

TEST_F(RecoveryTest, AVolumeWithoutAnIdAdoptsOneAndKeepsIt) {
  open();
  ASSERT_TRUE(
      log_->save_volumes({{0, {}, "a", 4096, 0, "", true}, {0, {}, "b", 4096, 0, "", true}}));
  const auto id = random_.make_uuid();
  ASSERT_TRUE(log_->save_volumes(
      {{2, id, "a", 4096, 3, "s", true}, {1, random_.make_uuid(), "b", 4096, 4, "t", true}}));
  cut_power_and_open();
  ASSERT_EQ(log_->volumes().size(), 2u);
  EXPECT_EQ(log_->volumes()[1].id, id);
  EXPECT_FALSE(log_->save_volumes({{2, random_.make_uuid(), "a", 4096, 3, "s", true}}));
}

TEST_F(RecoveryTest, AVolumeMayGrowAndNotShrink) {
  open();
  const auto id = random_.make_uuid();
  ASSERT_TRUE(
      log_->save_volumes({{1, id, "a", 8192, 3, "s", true}, {0, {}, "b", 8192, 0, "", true}}));
  EXPECT_FALSE(log_->save_volumes({{1, id, "a", 4096, 3, "s", true}}));
  EXPECT_FALSE(log_->save_volumes({{0, {}, "b", 4096, 0, "", true}}));
  ASSERT_TRUE(
      log_->save_volumes({{1, id, "a", 12288, 3, "s", true}, {0, {}, "b", 16384, 0, "", true}}));
  cut_power_and_open();
  ASSERT_EQ(log_->volumes().size(), 2u);
  for (const auto& v : log_->volumes()) EXPECT_EQ(v.size_bytes, v.name == "a" ? 12288u : 16384u);
}

TEST_F(RecoveryTest, BulkRecordsTakeWholeBlocksAndAreFoundAgain) {
  options_.segment_bytes = 512 << 10;
  open();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(append(1000));
    ASSERT_TRUE(append(bulk_data_bytes));
    ASSERT_TRUE(append(bulk_data_bytes + 5));
  }
  expect_bulk_in_whole_blocks(12);
  kill_and_open();
  EXPECT_EQ(log_->finished(), sequence(12));
  EXPECT_TRUE(report_.gaps.empty());
  expect_bulk_in_whole_blocks(12);
}

}  // namespace
}  // namespace cairn

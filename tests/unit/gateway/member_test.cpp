// What a member does for its hosts and coordinators, step by step.
#include "tests/unit/gateway/member_fixture.h"

namespace cairn {
namespace {

TEST_F(member_test, WrittenBytesAreReadBackBeforeAndAfterDestaging) {
  auto m = open(config());
  ASSERT_TRUE(m->write_and_wait(0, block('a'), 8192, false));
  EXPECT_EQ(first_byte(*m, 0, 8192), 'a');
  EXPECT_EQ(first_byte(*m, 1, 8192), '\0');
  m->sync_step();
  while (m->destage_step()) {
  }
  EXPECT_EQ(m->status().destaged, m->status().assigned);
  EXPECT_EQ(first_byte(*m, 0, 8192), 'a');
}

TEST_F(member_test, AVolumeGrowsWhileItIsUsedAndKeepsWhatItHad) {
  auto c = config();
  auto m = open(c);
  ASSERT_TRUE(m->write_and_wait(0, block('a'), volume_bytes - 4096, false));
  EXPECT_EQ(m->grow(0, volume_bytes), false);
  EXPECT_EQ(m->grow(0, 2 * volume_bytes), true);
  EXPECT_EQ(m->facts()[0].size_bytes, 2 * volume_bytes);
  EXPECT_EQ(m->facts()[1].size_bytes, volume_bytes);
  EXPECT_EQ(first_byte(*m, 0, volume_bytes), '\0');
  ASSERT_TRUE(m->write_and_wait(0, block('b'), 2 * volume_bytes - 4096, false));
  m->sync_step();
  while (m->destage_step()) {
  }
  m.reset();
  c.volumes[0].size_bytes = 2 * volume_bytes;
  m = open(c);
  EXPECT_EQ(first_byte(*m, 0, volume_bytes - 4096), 'a');
  EXPECT_EQ(first_byte(*m, 0, 2 * volume_bytes - 4096), 'b');
}

TEST_F(member_test, AVolumeGrowsAtAStart) {
  auto c = config();
  ASSERT_TRUE(open(c)->write_and_wait(1, block('a'), 0, false));
  c.volumes[1].size_bytes = 3 * volume_bytes;
  auto m = open(c);
  EXPECT_EQ(m->facts()[1].size_bytes, 3 * volume_bytes);
  EXPECT_EQ(first_byte(*m, 1, 0), 'a');
  EXPECT_EQ(first_byte(*m, 1, 3 * volume_bytes - 512), '\0');
}

// A growth that a crash broke off leaves a larger file, and the journal knows the old size.
TEST_F(member_test, ABackingFileMayBeLargerThanItsVolume) {
  open(config());
  std::filesystem::resize_file(where_ / "v1.img", 2 * volume_bytes);
  auto m = open(config());
  EXPECT_EQ(m->facts()[0].size_bytes, volume_bytes);
  EXPECT_EQ(m->grow(0, 2 * volume_bytes), true);
}

TEST_F(member_test, AVolumeDoesNotShrink) {
  auto c = config();
  auto m = open(c);
  const auto smaller = m->grow(0, volume_bytes / 2);
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().text,
            "volume v1 has 1048576 bytes and can't become smaller; the configuration says 524288");
  EXPECT_EQ(m->facts()[0].size_bytes, volume_bytes);
  m.reset();
  c.volumes[0].size_bytes = volume_bytes / 2;
  const auto again = member::open(posix_disk(), c, "gateway", {}, system_random());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text, smaller.error().text);
}

// It was made anew, empty, and served.
TEST_F(member_test, AKnownVolumeWhoseFileIsGoneOrCutIsRefused) {
  open(config());
  std::filesystem::resize_file(where_ / "v1.img", 4096);
  const auto cut = member::open(posix_disk(), config(), "gateway", {}, system_random());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().text, "volume v1: " + (where_ / "v1.img") +
                                  " has 4096 bytes, but the journal knows it with 1048576: a part "
                                  "of it is missing");
  std::filesystem::remove(where_ / "v1.img");
  const auto gone = member::open(posix_disk(), config(), "gateway", {}, system_random());
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENOENT);
  EXPECT_NE(gone.error().text.find("volume v1: "), std::string::npos) << gone.error().text;
  EXPECT_FALSE(std::filesystem::exists(where_ / "v1.img"));
}

TEST_F(member_test, NothingIsDestagedThatIsNotDurable) {
  auto m = open(config());
  ASSERT_TRUE(m->write_and_wait(0, block('a'), 0, false));
  EXPECT_FALSE(m->destage_step());
}

TEST_F(member_test, RecordsStayPendingWhereATestSwitchesDestagingOff) {
  auto m = open(config(), {.hold = true, .destage = false});
  ASSERT_TRUE(m->write_and_wait(0, block('a'), 0, false));
  m->sync_step();
  EXPECT_FALSE(m->destage_step());
  m->backing_step();
  EXPECT_EQ(m->status().destaged, sequence(0));
  EXPECT_EQ(first_byte(*m, 0, 0), 'a');
}

TEST_F(member_test, WhatThePeerLacksIsToldRightAfterARestart) {
  auto c = config();
  c.peer = endpoint{"127.0.0.1", 1};
  auto m = open(c);
  for (const std::size_t volume : {0, 0, 1})
    ASSERT_TRUE(m->write_and_wait(volume, block('a'), 0, false));
  m->sync_step();
  m->catalog_step();
  ASSERT_TRUE(m->write_and_wait(1, block('b', 512), 0, false));  // found by the scan
  m.reset();
  const auto s = open(c)->status();
  EXPECT_EQ(s.behind_records, 4u);
  EXPECT_EQ(s.volumes[0].behind_bytes, 2u * 4096);
  EXPECT_EQ(s.volumes[1].behind_bytes, 4096u + 512);
}

TEST_F(member_test, AcknowledgedWritesAreThereAfterARestart) {
  {
    auto m = open(config());
    ASSERT_TRUE(m->write_and_wait(0, block('a'), 0, false));
    ASSERT_TRUE(m->write_and_wait(1, block('b', 65536), 4096, true));
    ASSERT_TRUE(m->clear_and_wait(0, record_kind::zero, {0, 512}, false));
  }
  auto m = open(config());
  EXPECT_EQ(first_byte(*m, 0, 0), '\0');
  EXPECT_EQ(first_byte(*m, 0, 512), 'a');
  EXPECT_EQ(first_byte(*m, 1, 65536), 'b');
}

TEST_F(member_test, ExtentsTellHolesFromDataPendingAndDestaged) {
  auto m = open(config());
  ASSERT_TRUE(m->write_and_wait(0, block('a', 65536), 131072, false));
  const auto check = [&] {
    const auto found = m->extents(0, {0, volume_bytes}, 100);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 3U);
    EXPECT_TRUE((*found)[0].hole);
    EXPECT_EQ((*found)[1].range, (byte_range{131072, 65536}));
    EXPECT_FALSE((*found)[1].zero);
    EXPECT_TRUE((*found)[2].hole);
  };
  check();
  m->sync_step();
  while (m->destage_step()) {
  }
  check();
  ASSERT_TRUE(m->clear_and_wait(0, record_kind::trim, {131072, 65536}, false));
  ASSERT_EQ(m->extents(0, {0, volume_bytes}, 100)->size(), 1U);
}

TEST_F(member_test, ExtentsAreAsManyAsAskedForAndWholeAcrossLongRanges) {
  constexpr std::uint64_t size = 16 * volume_bytes;
  auto m = open(config());
  ASSERT_EQ(m->grow(0, size), true);
  for (const auto at : {size / 4, size / 2 + 65536})
    ASSERT_TRUE(m->write_and_wait(0, block('a'), at, false));
  const auto all = m->extents(0, {0, size}, 100);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 5U);
  std::uint64_t end = 0;
  for (const auto& e : *all) {
    EXPECT_EQ(e.range.offset, std::exchange(end, e.range.end()));
    EXPECT_EQ(e.hole, e.range.length != 4096);
  }
  EXPECT_EQ(end, size);
  const auto two = m->extents(0, {0, size}, 2);
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ((*two)[1].range, (byte_range{size / 4, 4096}));
}

// It failed the volume for good, reads included, and with it the destaging of all others.
TEST_F(member_test, AFullFileSystemUnderABackingFileIsWaitedFor) {
  virtual_disk disk;
  auto m = member::open(disk, config(), "gateway", {}, system_random());
  ASSERT_TRUE(m) << m.error().text;
  ASSERT_TRUE((*m)->write_and_wait(0, block('a'), 0, false));
  ASSERT_TRUE((*m)->write_and_wait(1, block('b'), 0, false));
  (*m)->sync_step();
  EXPECT_TRUE((*m)->room().being_made);
  disk.fail_next_write("v1.img", ENOSPC);
  EXPECT_FALSE((*m)->destage_step());
  EXPECT_FALSE((*m)->room().being_made) << "nobody waits for that";
  const auto told = (*m)->status().destage_trouble;
  EXPECT_TRUE(told.starts_with("destaging waits: ")) << told;
  EXPECT_NE(told.find("No space left on device"), std::string::npos) << told;
  EXPECT_EQ(first_byte(**m, 0, 0), 'a');
  ASSERT_TRUE((*m)->write_and_wait(0, block('c'), 0, false));
  (*m)->sync_step();
  while ((*m)->destage_step()) {
  }
  (*m)->backing_step();
  EXPECT_EQ((*m)->status().backed, sequence(3));
  EXPECT_EQ((*m)->status().destage_trouble, "");
  EXPECT_FALSE((*m)->room().being_made) << "there is nothing more to free";
  EXPECT_EQ(disk.content(where_ / "v1.img")->at(0), std::byte{'c'});
}

TEST_F(member_test, DestagingThatStoppedIsToldUntilTheRestart) {
  for (const bool at_sync : {false, true}) {
    virtual_disk disk;
    auto m = member::open(disk, config(), "gateway", {}, system_random());
    ASSERT_TRUE(m) << m.error().text;
    EXPECT_EQ((*m)->status().destage_trouble, "");
    ASSERT_TRUE((*m)->write_and_wait(0, block('a'), 0, false));
    (*m)->sync_step();
    at_sync ? disk.fail_next_sync("v1.img", EIO) : disk.fail_next_write("v1.img", EIO);
    while ((*m)->destage_step()) {
    }
    (*m)->backing_step();
    EXPECT_TRUE((*m)->status().destage_trouble.starts_with("destaging stopped: "))
        << (*m)->status().destage_trouble;
  }
}

TEST_F(member_test, WhoDoesNotDestageByConfigurationHasNoTrouble) {
  testing_config testing;
  testing.destage = false;
  auto m = open(config(), testing);
  ASSERT_TRUE(m->write_and_wait(0, block('a'), 0, false));
  m->sync_step();
  EXPECT_FALSE(m->destage_step());
  EXPECT_EQ(m->status().destage_trouble, "");
}

// What its hosts wrote before is theirs: it was acknowledged, and may be wanted back.
TEST_F(member_test, AFlushOfAFencedMemberMakesItsWritesDurable) {
  auto m = open(config());
  ASSERT_TRUE(m->write_and_wait(0, block('a'), 0, false));
  m->source()->fence("the other site took over");
  EXPECT_FALSE(m->write_and_wait(0, block('b'), 0, false));
  EXPECT_LT(m->log().durable(), m->log().finished());
  ASSERT_TRUE(m->flush(0));
  EXPECT_EQ(m->log().durable(), m->log().finished());
}

TEST_F(member_test, IdsSurviveARestart) {
  const auto before = open(config())->facts();
  const auto after = open(config())->facts();
  EXPECT_EQ(before[0].id, after[0].id);
  EXPECT_EQ(before[0].naa, after[0].naa);
  EXPECT_EQ(before[0].naa >> 60, 3U);
  EXPECT_NE(before[0].id, before[1].id);
}

TEST_F(member_test, WriteBehindAMarkerIsWithheldAndUnreadableUntilRelease) {
  auto m = open(config());
  const auto now = std::chrono::steady_clock::now();
  m->rounds()->on_mark(marker(1), now, collect());
  ASSERT_TRUE(answer<inserted>());
  const auto counted = answer<inserted>()->by;
  bool acknowledged = false;
  m->write(0, block('a'), 0, false, [&](result<void> r) { acknowledged = bool(r); });
  EXPECT_FALSE(acknowledged);
  EXPECT_EQ(first_byte(*m, 0, 0), '\0');
  m->rounds()->on_release({marker(1).marker, counted}, now + milliseconds(1));
  EXPECT_TRUE(acknowledged);
  EXPECT_EQ(first_byte(*m, 0, 0), 'a');
}

TEST_F(member_test, SealIsNotShippableBeforeItIsDurable) {
  auto m = open(config());
  const auto now = std::chrono::steady_clock::now();
  m->rounds()->on_mark(marker(1), now, collect());
  m->rounds()->on_release({marker(1).marker, answer<inserted>()->by}, now);
  EXPECT_EQ(m->source()->shippable(), sequence(1));
  EXPECT_EQ(m->log().finished(), sequence(2));
  m->sync_step();
  EXPECT_EQ(m->source()->shippable(), sequence(2));
  ASSERT_TRUE(answer<outcome>());
  EXPECT_TRUE(answer<outcome>()->sealed);
}

TEST_F(member_test, HoldLimitReleasesHostsAndVoidsTheMarker) {
  auto m = open(config());
  const auto now = std::chrono::steady_clock::now();
  m->rounds()->on_mark(marker(1), now, collect());
  const auto counted = answer<inserted>()->by;
  bool acknowledged = false;
  m->write(0, block('a'), 0, false, [&](result<void> r) { acknowledged = bool(r); });
  m->hold_step(now + milliseconds(50));
  EXPECT_TRUE(acknowledged);
  ASSERT_TRUE(answer<outcome>());
  EXPECT_FALSE(answer<outcome>()->sealed);
  m->rounds()->on_release({marker(1).marker, counted}, now + milliseconds(51));
  EXPECT_FALSE(m->log().newest_marker()->seal_at);
}

// The thread that watches the limit was in the disk's hands, and the next hold had no end.
TEST_F(member_test, NoMarkerIsTakenWhileTheVoidOfTheOneBeforeIsBeingJournaled) {
  virtual_disk disk;
  auto m = member::open(disk, config(), "gateway", {}, system_random());
  ASSERT_TRUE(m) << m.error().text;
  const auto now = std::chrono::steady_clock::now();
  (*m)->rounds()->on_mark(marker(1), now, collect());
  disk.before_record_write = [&](const std::string&, std::uint64_t) {
    (*m)->rounds()->on_mark(marker(2), now + milliseconds(50), collect());
  };
  (*m)->hold_step(now + milliseconds(50));
  disk.before_record_write = nullptr;
  ASSERT_EQ(answers_.size(), 3U);
  const auto* refused = std::get_if<control_refusal>(&answers_[1]);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->reason.find("still being journaled"), std::string::npos) << refused->reason;
  (*m)->rounds()->on_mark(marker(2), now + milliseconds(51), collect());
  EXPECT_TRUE(answer<inserted>());
}

TEST_F(member_test, MarkerHeldAtAKillIsVoidAfterTheRestart) {
  open(config())->rounds()->on_mark(marker(1), std::chrono::steady_clock::now(), collect());
  auto m = open(config());
  ASSERT_TRUE(m->log().newest_marker());
  EXPECT_TRUE(m->log().newest_marker()->voided);
  m->rounds()->on_mark(marker(1), std::chrono::steady_clock::now(), collect());
  ASSERT_TRUE(answer<control_refusal>());
  EXPECT_EQ(answer<control_refusal>()->highest_marker, marker_number(1));
}

TEST_F(member_test, SelectionEpochIsGrantedToOneStartOnly) {
  auto m = open(config(member_role::secondary));
  EXPECT_TRUE(std::holds_alternative<reported>(m->selection()->on_report({epoch(3), true})));
  EXPECT_TRUE(std::holds_alternative<reported>(m->selection()->on_report({epoch(3)})));
  const auto again = m->selection()->on_report({epoch(3), true});
  ASSERT_TRUE(std::holds_alternative<control_refusal>(again));
  EXPECT_EQ(std::get<control_refusal>(again).highest_epoch, epoch(3));
  EXPECT_TRUE(std::holds_alternative<reported>(m->selection()->on_report({epoch(4), true})));
}

TEST_F(member_test, LowerSelectionEpochIsRefused) {
  auto m = open(config(member_role::secondary));
  EXPECT_TRUE(std::holds_alternative<reported>(m->selection()->on_report({epoch(4), true})));
  EXPECT_TRUE(std::holds_alternative<control_refusal>(m->selection()->on_report({epoch(3)})));
}

TEST_F(member_test, SecondaryRefusesWrites) {
  auto m = open(config(member_role::secondary));
  const auto done = m->write_and_wait(0, block('a'), 0, false);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, EROFS);
}

TEST_F(member_test, FencedMemberRefusesWritesAlsoAfterARestart) {
  open(config())->source()->fence("the other side took over");
  auto m = open(config());
  EXPECT_EQ(m->status().role, member_role::fenced);
  EXPECT_FALSE(m->write_and_wait(0, block('a'), 0, false));
}

// Taken over, and then given a peer of its own: that has none of it yet.
TEST_F(member_test, NothingIsTrimmedThatThePeerOfAPromotedMemberMayLack) {
  auto c = config(member_role::secondary);
  {
    auto m = open(c);
    std::vector<volume_offer> all(2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      all[i].index = i + 1;
      all[i].id = system_random().make_uuid();
      all[i].name = "v" + std::to_string(i + 1);
    }
    ASSERT_TRUE(m->arrivals()->adopt_volumes(all));
    const auto told = m->selection()->on_promote({epoch(1), {}, system_random().make_uuid()});
    ASSERT_TRUE(std::holds_alternative<promoted>(told));
  }
  c.role = member_role::primary;
  c.peer = endpoint{"127.0.0.1", 1};
  auto m = open(c);
  write_and_back(*m);
  EXPECT_EQ(m->status().trimmed, sequence(0));
  m.reset();
  c.peer.reset();
  m = open(c);
  m->backing_step();
  EXPECT_GT(m->status().trimmed, sequence(0));
}

TEST_F(member_test, BackedRecordsAreTrimmedAndReadFromTheBackingFile) {
  auto m = open(config());
  write_and_back(*m);
  EXPECT_GT(m->status().trimmed, sequence(0));
  EXPECT_EQ(first_byte(*m, 0, 0), 'p');
}

}  // namespace
}  // namespace cairn

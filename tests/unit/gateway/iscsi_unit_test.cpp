// A volume as the storage of an iSCSI target, where the journal has no room.
#include "gateway/iscsi/unit.h"

#include "tests/unit/gateway/member_fixture.h"

namespace cairn::iscsi {
namespace {

class IscsiUnitTest : public member_test {
 protected:
  IscsiUnitTest() : member_(open(config())), unit_({member_.get(), 0}, stopping_) {}

  static scsi::work write_of(std::uint64_t length) {
    scsi::work w;
    w.kind = scsi::work_kind::write;
    w.range = {0, length};
    return w;
  }
  unit::acknowledge_work count() {
    return [this](const scsi::work_outcome& o) { outcomes_.push_back(o.error); };
  }
  // Data is not admitted any more, although segments are ready: the catalog is what has grown.
  void fill_with_catalog() {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(member_->log().prepare_segment());
    ASSERT_TRUE(member_->log().update_state([](member_state& s) -> result<void> {
      s.fenced_because = std::string(48 << 20, 'x');
      return {};
    }));
    ASSERT_TRUE(member_->write_and_wait(0, block('a'), 0, false));
    ASSERT_TRUE(member_->log().write_rows(10));
    ASSERT_FALSE(member_->write_and_wait(0, block('a'), 0, false));
  }

  std::atomic<bool> stopping_{false};
  std::unique_ptr<member> member_;
  unit unit_;
  std::vector<int> outcomes_;
};

TEST_F(IscsiUnitTest, AFullJournalIsNotToldByTheThreadThatCannotWait) {
  fill_with_catalog();
  const auto data = block('b');
  ASSERT_EQ(member_->write_delay(data.size()).count(), 0);
  ASSERT_GT(member_->log().ahead().bytes, 2 * data.size());
  EXPECT_FALSE(unit_.try_now(write_of(data.size()), data, {}, count()));
  EXPECT_TRUE(outcomes_.empty());
}

TEST_F(IscsiUnitTest, WhatWasAbortedWhileItWaitedIsNotWritten) {
  const auto data = block('b');
  const std::atomic<bool> aborted{true};
  const auto before = member_->log().assigned();
  for (const auto kind :
       {scsi::work_kind::write, scsi::work_kind::write_and_check, scsi::work_kind::write_same,
        scsi::work_kind::zero, scsi::work_kind::or_write}) {
    auto w = write_of(data.size());
    w.kind = kind;
    unit_.run(w, data, {}, aborted, count());
  }
  EXPECT_EQ(outcomes_, std::vector<int>(5, ECANCELED));
  EXPECT_EQ(member_->log().assigned(), before);
}

TEST_F(IscsiUnitTest, AnAbortEndsTheWaitForRoom) {
  fill_with_catalog();
  const auto data = block('b');
  std::atomic<bool> aborted{false};
  std::thread waits([&] { unit_.run(write_of(data.size()), data, {}, aborted, count()); });
  aborted = true;
  waits.join();
  EXPECT_EQ(outcomes_, std::vector<int>{ECANCELED});
}

}  // namespace
}  // namespace cairn::iscsi

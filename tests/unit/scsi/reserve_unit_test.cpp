// RESERVE(6) and RELEASE(6) beside persistent reservations: there is only ever one kind.
#include "tests/unit/scsi/reserving.h"

namespace cairn::scsi::test {
namespace {

const cdb reserve_unit = raw({0x16}), release_unit = raw({0x17});
const cdb read_keys = raw({0x5e, 0, 0, 0, 0, 0, 0, 0, 8});

TEST(ReserveUnit, WhileItIsHeldPersistentReservationsConflictForItsHolder) {
  bed t;
  ASSERT_EQ(t.ask(t.a, reserve_unit).status, status::good);
  for (const nexus_id n : {t.a, t.b}) {
    EXPECT_EQ(t.ask(n, read_keys).status, status::reservation_conflict);
    EXPECT_EQ(out(t, n, register_key, 0, key_a), status::reservation_conflict);
  }
  EXPECT_TRUE(may(t, t.a, write_one));
  EXPECT_EQ(t.ask(t.a, release_unit).status, status::good);
  EXPECT_EQ(out(t, t.b, register_key, 0, key_b), status::good);
}

TEST(ReserveUnit, HeldBeforeAParameterListIsThereItRefusesThem) {
  bed t;
  const auto list = list_of(0, key_b);
  const cdb c = raw({0x5f, register_key, 0, 0, 0, 0, 0, 0, 24});
  ASSERT_FALSE(t.unit->begin(t.b, 0, c).done);
  ASSERT_EQ(t.ask(t.a, reserve_unit).status, status::good);
  EXPECT_EQ(t.unit->parameters(t.b, c, list).done->status, status::reservation_conflict);
  EXPECT_EQ(t.ask(t.a, release_unit).status, status::good);
  EXPECT_TRUE(keys(t).empty());
}

TEST(ReserveUnit, IsRefusedWhileAFirstRegistrationIsBeingStored) {
  bed t;
  auto got = status::busy;
  t.store.saving = [&] { got = t.ask(t.a, reserve_unit).status; };
  EXPECT_EQ(out(t, t.b, register_key, 0, key_b, 0, kept), status::good);
  EXPECT_EQ(got, status::reservation_conflict);
  EXPECT_TRUE(may(t, t.b, write_one));
  EXPECT_EQ(out(t, t.b, register_key, key_b, 0), status::good);
  t.store.saving = [] {};
  EXPECT_EQ(t.ask(t.a, reserve_unit).status, status::good);
}

}  // namespace
}  // namespace cairn::scsi::test

#include "tests/unit/scsi/reserving.h"

namespace cairn::scsi::test {
namespace {

TEST(PersistentReserve, PreemptTakesTheReservationOfTheKey) {
  bed t;
  register_both(t);
  out(t, t.a, reserve, key_a, 0, 3);
  const auto before = generation(t);
  EXPECT_EQ(out(t, t.b, preempt, key_b, 0x77, 1), status::reservation_conflict);
  const auto d = reserve_out(t, t.b, preempt_and_abort, 1, list_of(key_b, key_a));
  EXPECT_EQ(d.done->status, status::good);
  EXPECT_EQ(d.abort, std::vector<nexus_id>{t.a});
  EXPECT_EQ(t.attention(t.a), 0x2a05);
  EXPECT_EQ(reserved(t), (held{{key_b, 1}}));
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_b});
  EXPECT_EQ(generation(t), before + 1);
}

TEST(PersistentReserve, PreemptWithoutAReservationOnlyUnregisters) {
  bed t;
  register_both(t);
  EXPECT_EQ(out(t, t.b, preempt, key_b, key_a, 3), status::good);
  EXPECT_EQ(t.attention(t.a), 0x2a05);
  EXPECT_FALSE(reserved(t));
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_b});
  EXPECT_EQ(code_of(reserve_out(t, t.b, preempt, 3, list_of(key_b, 0))), 0x2600);
}

// Two ports may use one key. Who preempts it without a reservation loses its own registration.
TEST(PersistentReserve, PreemptOfASharedKeyEndsThatOfWhoAsksToo) {
  bed t;
  out(t, t.a, register_key, 0, key_a);
  out(t, t.b, register_key, 0, key_a);
  const auto d = reserve_out(t, t.b, preempt_and_abort, 3, list_of(key_a, key_a));
  EXPECT_EQ(d.done->status, status::good);
  EXPECT_EQ(d.abort, std::vector<nexus_id>{t.a});  // not the command itself
  EXPECT_TRUE(keys(t).empty());
  EXPECT_EQ(t.attention(t.a), 0x2a05);
  EXPECT_EQ(t.attention(t.b), 0);
}

TEST(PersistentReserve, PreemptOfItsOwnKeyBesideAReservationOfAnotherEndsOnlyThatRegistration) {
  for (const int type : {1, 7}) {
    bed t;
    register_both(t);
    out(t, t.a, reserve, key_a, 0, type);
    EXPECT_EQ(out(t, t.b, preempt, key_b, key_b, 3), status::good);
    EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_a});
    EXPECT_EQ(reserved(t), (held{{type == 7 ? 0 : key_a, type}}));
  }
}

TEST(PersistentReserve, PreemptOfTheLastRegistrationEndsWhatAllHeld) {
  bed t;
  out(t, t.a, register_key, 0, key_a);
  out(t, t.a, reserve, key_a, 0, 8);
  EXPECT_EQ(out(t, t.a, preempt, key_a, key_a, 8), status::good);
  EXPECT_TRUE(keys(t).empty());
  EXPECT_FALSE(reserved(t));
  EXPECT_TRUE(may(t, t.b, write_one));
}

TEST(PersistentReserve, PreemptOfTheReservationSparesWhoAsks) {
  bed t;
  out(t, t.a, register_key, 0, key_a);
  out(t, t.b, register_key, 0, key_a);
  out(t, t.a, reserve, key_a, 0, 3);
  EXPECT_EQ(out(t, t.b, preempt, key_a, key_a, 3), status::good);
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_a});
  EXPECT_EQ(reserved(t), (held{{key_a, 3}}));
  EXPECT_EQ(t.attention(t.a), 0x2a05);
  EXPECT_TRUE(may(t, t.b, write_one));
}

TEST(PersistentReserve, PreemptThatChangesTheTypeTellsTheOtherRegistrants) {
  constexpr std::uint64_t key_c = 0xc3;
  for (const int type : {1, 3, 5, 6}) {
    bed t;
    const auto c = t.quiet("iqn.2026-01.test:c,i,0x000000000003");
    register_both(t);
    out(t, c, register_key, 0, key_c);
    out(t, t.a, reserve, key_a, 0, type);
    EXPECT_EQ(out(t, t.b, preempt, key_b, key_a, 3), status::good);
    EXPECT_EQ(t.attention(t.a), 0x2a05) << type;
    EXPECT_EQ(t.attention(c), type == 3 ? 0 : 0x2a04) << type;
    EXPECT_EQ(t.attention(t.b), 0) << type;
  }
}

TEST(PersistentReserve, PreemptWithKeyZeroTakesWhatAllRegistrantsHold) {
  bed t;
  register_both(t);
  out(t, t.a, reserve, key_a, 0, 8);
  EXPECT_EQ(out(t, t.b, preempt, key_b, 0, 1), status::good);
  EXPECT_EQ(reserved(t), (held{{key_b, 1}}));
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_b});
}

}  // namespace
}  // namespace cairn::scsi::test

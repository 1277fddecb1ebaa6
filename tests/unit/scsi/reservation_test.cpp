#include <algorithm>

#include "base/crc32c.h"
#include "iscsi/scsi/reservations.h"
#include "iscsi/scsi/transport_id.h"
#include "tests/unit/scsi/reserving.h"

namespace cairn::scsi::test {
namespace {

TEST(PersistentReserve, EachTypeAdmitsWhomItNames) {
  struct row {
    int type;
    bool registered_reads, registered_writes, stranger_reads, stranger_writes;
  };
  const row table[] = {{1, true, false, true, false}, {3, false, false, false, false},
                       {5, true, true, true, false},  {6, true, true, false, false},
                       {7, true, true, true, false},  {8, true, true, false, false}};
  for (const row& r : table) {
    bed t;
    register_both(t);
    EXPECT_EQ(out(t, t.a, reserve, key_a, 0, r.type), status::good);
    const auto key = r.type >= 7 ? 0 : key_a;
    EXPECT_EQ(reserved(t), (held{{key, r.type}}));
    EXPECT_TRUE(may(t, t.a, read_one) && may(t, t.a, write_one));
    EXPECT_EQ(may(t, t.b, read_one), r.registered_reads) << r.type;
    EXPECT_EQ(may(t, t.b, write_one), r.registered_writes) << r.type;
    EXPECT_EQ(out(t, t.b, register_key, key_b, 0), status::good);
    EXPECT_EQ(may(t, t.b, read_one), r.stranger_reads) << r.type;
    EXPECT_EQ(may(t, t.b, write_one), r.stranger_writes) << r.type;
  }
}

TEST(PersistentReserve, WhatTheTableAllowsStrangersIsAllowed) {
  bed t;
  ASSERT_EQ(out(t, t.a, register_key, 0, key_a), status::good);
  ASSERT_EQ(out(t, t.a, reserve, key_a, 0, 3), status::good);
  for (const cdb& c : {raw({0x00}), raw({0x03, 0, 0, 0, 18}), raw({0x12, 0, 0, 0, 36}), raw({0x25}),
                       raw({0x5e, 0, 0, 0, 0, 0, 0, 0, 8}), raw({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16}),
                       raw({0x1b, 0, 0, 0, 1}), raw({0xa3, 0x0a}), raw({0x9e, 0x10})})
    EXPECT_TRUE(may(t, t.b, c)) << std::to_integer<int>(c[0]);
  for (const cdb& c : {raw({0x1a, 0, 8, 0, 255}), raw({0x15, 0x10, 0, 0, 24}), raw({0x1b}),
                       raw({0x16}), raw({0x17}), raw({0x2f, 0, 0, 0, 0, 0, 0, 0, 1}), raw({0x34}),
                       raw({0x35}), raw({0x42}), raw({0x41, 0, 0, 0, 0, 0, 0, 0, 1}),
                       raw({0x9e, 0x12}), raw({0xa3, 0x0c}), raw({0x89}), raw({0x8b})})
    EXPECT_FALSE(may(t, t.b, c)) << std::to_integer<int>(c[0]);
}

TEST(PersistentReserve, RegisteringNeedsTheKeyThatIs) {
  bed t;
  EXPECT_EQ(out(t, t.a, register_key, 1, key_a), status::reservation_conflict);
  EXPECT_EQ(out(t, t.a, register_key, 0, key_a), status::good);
  EXPECT_EQ(out(t, t.a, register_key, 0, 5), status::reservation_conflict);
  EXPECT_EQ(out(t, t.a, register_key, key_a, 5), status::good);
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{5});
  EXPECT_EQ(out(t, t.a, ignoring_key, 0, 6), status::good);
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{6});
  EXPECT_EQ(generation(t), 3u);
  EXPECT_EQ(out(t, t.a, register_key, 6, 0), status::good);
  EXPECT_TRUE(keys(t).empty());
  for (const int action : {reserve, release, clear, preempt, move})
    EXPECT_EQ(out(t, t.a, action, 6, 7, 1), status::reservation_conflict) << action;
}

// It once emptied what was stored for all the others.
TEST(PersistentReserve, UnregisteringWithoutARegistrationChangesNothing) {
  bed t;
  ASSERT_EQ(out(t, t.a, register_key, 0, key_a, 0, kept), status::good);
  const auto stored = t.store.image;
  const auto before = generation(t);
  EXPECT_EQ(out(t, t.b, register_key, 0, 0), status::good);
  EXPECT_EQ(out(t, t.b, ignoring_key, 0, 0), status::good);
  EXPECT_EQ(t.store.image, stored);
  EXPECT_EQ(generation(t), before);
  t.restart();
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_a});
}

TEST(PersistentReserve, OnlyOneReservesAndReservingAgainIsHarmless) {
  bed t;
  register_both(t);
  const auto before = generation(t);
  EXPECT_EQ(out(t, t.a, reserve, key_a, 0, 1), status::good);
  EXPECT_EQ(out(t, t.a, reserve, key_a, 0, 1), status::good);
  EXPECT_EQ(out(t, t.a, reserve, key_a, 0, 3), status::reservation_conflict);
  EXPECT_EQ(out(t, t.b, reserve, key_b, 0, 1), status::reservation_conflict);
  EXPECT_EQ(out(t, t.b, release, key_b, 0, 1), status::good);  // not the holder's: no effect
  EXPECT_TRUE(reserved(t));
  EXPECT_EQ(code_of(reserve_out(t, t.a, release, 3, list_of(key_a, 0))), 0x2604);
  EXPECT_EQ(out(t, t.a, release, key_a, 0, 1), status::good);
  EXPECT_FALSE(reserved(t));
  EXPECT_EQ(generation(t), before);
  EXPECT_EQ(t.attention(t.b), 0);  // nobody loses anything by the end of WRITE EXCLUSIVE
}

TEST(PersistentReserve, TheEndOfARegistrantsReservationIsToldToThem) {
  for (const int type : {5, 6, 7, 8}) {
    bed t;
    register_both(t);
    out(t, t.a, reserve, key_a, 0, type);
    EXPECT_EQ(out(t, t.a, release, key_a, 0, type), status::good);
    EXPECT_EQ(t.attention(t.b), 0x2a04) << type;
    EXPECT_EQ(t.attention(t.a), 0);
  }
}

TEST(PersistentReserve, AHolderThatUnregistersReleasesUnlessAllHold) {
  for (const int type : {1, 3, 5, 6, 7, 8}) {
    bed t;
    register_both(t);
    out(t, t.a, reserve, key_a, 0, type);
    EXPECT_EQ(out(t, t.a, register_key, key_a, 0), status::good);
    EXPECT_EQ(reserved(t).has_value(), type >= 7) << type;
    EXPECT_EQ(t.attention(t.b), type == 5 || type == 6 ? 0x2a04 : 0) << type;
    EXPECT_EQ(out(t, t.b, register_key, key_b, 0), status::good);
    EXPECT_FALSE(reserved(t));
  }
}

TEST(PersistentReserve, ClearEndsEverythingAndTellsTheOthers) {
  bed t;
  register_both(t);
  out(t, t.a, reserve, key_a, 0, 3);
  EXPECT_EQ(out(t, t.b, clear, key_b, 0), status::good);
  EXPECT_EQ(t.attention(t.a), 0x2a03);
  EXPECT_EQ(t.attention(t.b), 0);
  EXPECT_FALSE(reserved(t));
  EXPECT_TRUE(keys(t).empty());
}

// From a to b, and a is no longer registered.
bytes list_to_move() {
  const auto id = transport_id(port_b);
  bytes list;
  field_writer(list).u64(key_a).u64(key_b).u8(0).u8(0x02).u16(1).u32(id.size()).raw(id);
  return list;
}

TEST(PersistentReserve, TheReservationMovesToThePortThatIsNamed) {
  bed t;
  out(t, t.a, register_key, 0, key_a);
  EXPECT_EQ(code_of(reserve_out(t, t.a, move, 0, list_to_move())), 0x2400);  // nothing to move
  out(t, t.a, reserve, key_a, 0, 1);
  const auto d = reserve_out(t, t.a, move, 0, list_to_move());
  EXPECT_EQ(d.done->status, status::good) << code_of(d);
  EXPECT_EQ(reserved(t), (held{{key_b, 1}}));
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_b});
  EXPECT_FALSE(may(t, t.a, write_one));
  EXPECT_TRUE(may(t, t.b, write_one));
}

// However initiators write it: the port that logs in is in lower case, its ISID has 12 digits.
TEST(PersistentReserve, ATransportIdNamesThePortThatLogsIn) {
  for (const char* isid : {"2", "0002", "000000000002"}) {
    const auto id = transport_id(std::string("IQN.2026-01.Test:B,i,0x") + isid);
    const auto found = read_transport_id(id);
    ASSERT_TRUE(found) << isid;
    EXPECT_EQ(found->initiator_port, port_b);
    EXPECT_EQ(found->length, id.size());
  }
  const auto upper = read_transport_id(transport_id("iqn.2026-01.test:b,I,0XABCDEF"));
  ASSERT_TRUE(upper);
  EXPECT_EQ(upper->initiator_port, "iqn.2026-01.test:b,i,0x000000abcdef");
  for (const char* none :
       {"iqn.2026-01.b,i,0x", "iqn.2026-01.b,i,0x2g", "iqn.2026-01.b,i,0x1000000000000",
        "iqn.2026-01.b,i,0x-2", "b,i,0x2", "iqn.2026-01.b c,i,0x2", "iqn.2026-01.b", ",i,0x2"})
    EXPECT_FALSE(read_transport_id(transport_id(none))) << none;
}

TEST(PersistentReserve, SpecIPtRegistersTheListedPorts) {
  bed t;
  const auto id = transport_id(port_b);
  auto list = list_of(0, key_a, others);
  field_writer(list).u32(id.size()).raw(id);
  EXPECT_EQ(code_of(reserve_out(t, t.a, register_key, 0, list)), 0);
  EXPECT_EQ(keys(t), (std::vector<std::uint64_t>{key_a, key_a}));
  EXPECT_EQ(out(t, t.b, reserve, key_a, 0, 1), status::good);
  // b has a key already
  EXPECT_EQ(code_of(reserve_out(t, t.quiet("iqn.c,i,0x3"), register_key, 0, list)), 0x2600);
  list.back() = std::byte{'x'};  // the name is not ended
  EXPECT_EQ(code_of(reserve_out(t, t.quiet("iqn.c,i,0x3"), register_key, 0, list)), 0x2600);
}

// SPC-4 6.16.3: as if it had been asked through each port, and there is one.
TEST(PersistentReserve, AllTgPtRegistersThePortThatAsksAndNoOther) {
  bed t;
  ASSERT_EQ(out(t, t.a, register_key, 0, key_a, 0, all_ports), status::good);
  EXPECT_EQ(keys(t), std::vector<std::uint64_t>{key_a});
  out(t, t.a, reserve, key_a, 0, 3);
  EXPECT_TRUE(may(t, t.a, write_one));
  EXPECT_FALSE(may(t, t.b, read_one));
}

TEST(PersistentReserve, CapabilitiesAndFullStatusAreDecoded) {
  bed t;
  request r(scsi_cdb_persistent_reserve_in(SCSI_PERSISTENT_RESERVE_REPORT_CAPABILITIES, 255));
  const auto* can = r.decoded<scsi_persistent_reserve_in_report_capabilities>(t.ask(r.command()));
  ASSERT_NE(can, nullptr);
  EXPECT_EQ(can->length, 8);
  EXPECT_EQ(can->sip_c, 1);
  EXPECT_EQ(can->atp_c, 1);
  EXPECT_EQ(can->ptpl_c, 1);
  EXPECT_EQ(can->ptpl_a, 0);
  EXPECT_EQ(can->persistent_reservation_type_mask, SCSI_PR_TYPE_MASK_ALL);
  register_both(t);
  out(t, t.b, reserve, key_b, 0, 5);
  const auto full = t.ask(raw({0x5e, 3, 0, 0, 0, 0, 0, 0x10, 0}));
  const field_reader in(full.data_in);
  EXPECT_EQ(in.u32(4), full.data_in.size() - 8);
  EXPECT_EQ(in.u64(8), key_a);
  EXPECT_EQ(in.u8(8 + 12), 0);
  EXPECT_EQ(in.u16(8 + 18), 1);
  const auto second = 8 + 24 + in.u32(8 + 20);
  EXPECT_EQ(in.u64(second), key_b);
  EXPECT_EQ(in.u8(second + 12), 1);
  EXPECT_EQ(in.u8(second + 13), 5);
  const auto id = read_transport_id(in.view(second + 24, in.u32(second + 20)));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->initiator_port, port_b);
}

TEST(PersistentReserve, UnknownActionsTypesScopesAndLengthsAreRefused) {
  bed t;
  register_both(t);
  for (int action = 4; action < 0x20; ++action)
    EXPECT_EQ(code_of(t.ask(raw({0x5e, action, 0, 0, 0, 0, 0, 1, 0}))), 0x2400);
  for (int action = 8; action < 0x20; ++action)
    EXPECT_EQ(code_of(t.ask(raw({0x5f, action, 0, 0, 0, 0, 0, 0, 24}))), 0x2400);
  for (const int type : {0, 2, 4, 9, 15, 0x11})
    EXPECT_EQ(code_of(reserve_out(t, t.a, reserve, type, list_of(key_a, 0))), 0x2400) << type;
  EXPECT_EQ(code_of(reserve_out(t, t.a, reserve, 1, bytes(23))), 0x1a00);
  EXPECT_EQ(code_of(reserve_out(t, t.a, reserve, 1, bytes(28))), 0x1a00);
  EXPECT_EQ(code_of(t.ask(raw({0x5f, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}))), 0x1a00);
}

TEST(PersistentReserve, OfANexusThatHasGoneNothingIsRegistered) {
  bed t;
  t.unit->detach(t.a);
  cdb c = raw({0x5f, register_key, 0, 0, 0, 0, 0, 0, 24});
  const auto d = t.unit->parameters(t.a, c, list_of(0, key_a));
  EXPECT_EQ(d.done->status, status::task_aborted);
  EXPECT_EQ(t.unit->begin(t.a, 0, cdb{}).done->status, status::task_aborted);
  t.a = t.quiet(port_a);
  EXPECT_TRUE(keys(t).empty());
}

TEST(PersistentReserve, SurvivesALogoutOfThePort) {
  bed t;
  out(t, t.a, register_key, 0, key_a);
  out(t, t.a, reserve, key_a, 0, 3);
  t.unit->detach(t.a);
  t.unit->reset_unit();
  t.attention(t.b);
  EXPECT_FALSE(may(t, t.b, write_one));
  t.a = t.quiet(port_a);
  EXPECT_TRUE(may(t, t.a, write_one));
}

TEST(PersistentReserve, AptplKeepsItThroughALossOfPowerUntilItIsTakenBack) {
  bed t;
  register_both(t, kept);
  out(t, t.a, reserve, key_a, 0, 3);
  t.restart();
  EXPECT_EQ(keys(t), (std::vector<std::uint64_t>{key_a, key_b}));
  EXPECT_EQ(reserved(t), (held{{key_a, 3}}));
  EXPECT_FALSE(may(t, t.b, read_one));
  EXPECT_EQ(generation(t), 0u);
  EXPECT_EQ(out(t, t.a, register_key, key_a, key_a), status::good);  // without APTPL
  EXPECT_TRUE(t.store.image.empty());
  t.restart();
  EXPECT_TRUE(keys(t).empty());
}

TEST(PersistentReserve, WithoutAptplNothingIsStored) {
  bed t;
  register_both(t);
  out(t, t.a, reserve, key_a, 0, 3);
  EXPECT_EQ(t.store.saves, 0);
}

TEST(PersistentReserve, WhatCannotBeStoredDoesNotHappen) {
  bed t;
  register_both(t, kept);
  t.store.broken = true;
  EXPECT_EQ(code_of(reserve_out(t, t.a, reserve, 3, list_of(key_a, 0))), 0x4400);
  EXPECT_FALSE(reserved(t));
}

TEST(PersistentReserve, AStoredImageThatIsBrokenIsRefused) {
  bed t;
  register_both(t, kept);
  out(t, t.a, reserve, key_a, 0, 3);
  const auto whole = t.store.image;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    t.store.image = whole;
    t.store.image[i] ^= std::byte{0x40};
    const auto opened = device::open(bed::identity(), t.store);
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, EBADMSG);
    t.store.image.assign(whole.begin(), whole.begin() + std::max<std::size_t>(i, 1));
    EXPECT_FALSE(device::open(bed::identity(), t.store)) << i;
  }
}

TEST(PersistentReserve, AStoredReservationOfAPortThatIsNotRegisteredIsRefused) {
  bed t;
  out(t, t.a, register_key, 0, key_a, 0, kept);
  out(t, t.a, reserve, key_a, 0, 3);
  auto& image = t.store.image;
  image[image.size() - 5] = std::byte{'9'};  // the end of the holder's name
  image.resize(image.size() - 4);
  field_writer(image).u32(crc32c(image));
  const auto opened = device::open(bed::identity(), t.store);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, EBADMSG);
}

TEST(PersistentReserve, OnlyPersistentReserveOutMayBlock) {
  bed t;
  EXPECT_TRUE(t.begin(raw({0x5f, 0, 0, 0, 0, 0, 0, 0, 24})).may_block);
  EXPECT_FALSE(t.begin(raw({0x42, 0, 0, 0, 0, 0, 0, 0, 24})).may_block);
}

TEST(PersistentReserve, RegistrationsAreBounded) {
  bed t;
  for (std::size_t i = 0; i < reservations::registrations_max; ++i) {
    const auto n = t.quiet("iqn.2026-01.test:many,i,0x" + std::to_string(i));
    ASSERT_EQ(out(t, n, register_key, 0, 1 + i), status::good);
    t.unit->detach(n);
  }
  EXPECT_EQ(code_of(reserve_out(t, t.a, register_key, 0, list_of(0, key_a))), 0x5504);
  const auto one = t.quiet("iqn.2026-01.test:many,i,0x7");
  EXPECT_EQ(out(t, one, register_key, 8, key_a), status::good);  // takes no more room
}

}  // namespace
}  // namespace cairn::scsi::test

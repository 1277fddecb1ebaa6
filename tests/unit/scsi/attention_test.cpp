#include "iscsi/scsi/attentions.h"

#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

TEST(Sense, TheFixedFormatIsDecodedByAnInitiator) {
  const auto encoded = encode(wrong_in_cdb(7));
  ASSERT_EQ(encoded.size(), 18u);
  scsi_sense got{};
  scsi_parse_sense_data(&got, reinterpret_cast<const std::uint8_t*>(encoded.data()));
  EXPECT_EQ(got.key, SCSI_SENSE_ILLEGAL_REQUEST);
  EXPECT_EQ(got.ascq, SCSI_SENSE_ASCQ_INVALID_FIELD_IN_CDB);
  EXPECT_EQ(got.sense_specific, 1u);
  EXPECT_EQ(got.ill_param_in_cdb, 1u);
  EXPECT_EQ(got.field_pointer, 7);
}

// libiscsi 1.19 looks for the pointer of the descriptor format in the wrong place.
TEST(Sense, TheDescriptorFormatHasInformationAndPointerInDescriptors) {
  auto s = wrong_in_parameters(7);
  s.information = 9;
  const auto encoded = encode_descriptors(s);
  scsi_sense got{};
  scsi_parse_sense_data(&got, reinterpret_cast<const std::uint8_t*>(encoded.data()));
  EXPECT_EQ(got.key, SCSI_SENSE_ILLEGAL_REQUEST);
  EXPECT_EQ(got.ascq, SCSI_SENSE_ASCQ_INVALID_FIELD_IN_PARAMETER_LIST);
  const field_reader in(encoded);
  EXPECT_EQ(in.u8(7), encoded.size() - 8);
  EXPECT_EQ(in.u16(8), 0x000a);
  EXPECT_EQ(in.u64(12), 9u);
  EXPECT_EQ(in.u16(20), 0x0206);
  EXPECT_EQ(in.u8(24), 0x80);
  EXPECT_EQ(in.u16(25), 7);
}

TEST(UnitAttention, ANewNexusIsToldOfThePowerOnOnce) {
  bed t;
  const auto n = t.unit->attach("iqn.2026-01.test:c,i,0x000000000003");
  const auto got = t.ask(n, cdb{});
  EXPECT_EQ(got.sense->key, sense_key::unit_attention);
  EXPECT_EQ(got.sense->code, 0x2900);
  EXPECT_EQ(t.attention(n), 0);
}

TEST(UnitAttention, InquiryAndReportLunsLeaveItAndRequestSenseTakesIt) {
  bed t;
  const auto n = t.unit->attach("iqn.2026-01.test:c,i,0x000000000003");
  EXPECT_EQ(t.ask(n, raw({0x12, 0, 0, 0, 255})).status, status::good);
  EXPECT_EQ(t.ask(n, raw({0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0})).status, status::good);
  const auto got = t.ask(n, raw({3, 0, 0, 0, 252}));
  EXPECT_EQ(got.status, status::good);
  EXPECT_EQ(field_reader(got.data_in).u16(12), 0x2900);
  EXPECT_EQ(t.attention(n), 0);
  const auto nothing = t.ask(n, raw({3, 1, 0, 0, 252}));
  EXPECT_EQ(nothing.data_in[0], std::byte{0x72});
  EXPECT_EQ(field_reader(nothing.data_in).u16(2), 0);
}

TEST(UnitAttention, GrowthAndResetsAreTold) {
  bed t;
  t.unit->resized(t.unit->size_bytes());
  EXPECT_EQ(t.attention(t.a), 0);
  t.unit->resized(t.unit->size_bytes() * 2);
  t.unit->resized(t.unit->size_bytes() * 2);
  EXPECT_EQ(t.attention(t.a), 0x2a09);
  EXPECT_EQ(t.attention(t.a), 0);
  EXPECT_EQ(field_reader(t.ask(raw({0x25})).data_in).u32(0), bed::blocks * 4 - 1);
  t.unit->reset_unit();  // what came before no longer matters
  EXPECT_EQ(t.attention(t.a), 0x2903);
  EXPECT_EQ(t.attention(t.b), 0x2903);
}

TEST(UnitAttention, TheQueueIsBoundedWhateverIsAdded) {
  attentions queue;
  for (int round = 0; round < 1000; ++round) queue.add(static_cast<std::uint16_t>(0x3000 + round));
  std::size_t taken = 0;
  while (queue.take()) ++taken;
  EXPECT_EQ(taken, attentions::kinds_max);
}

TEST(Reserve6, KeepsOthersOutUntilReleaseLogoutOrReset) {
  bed t;
  const cdb reserve = raw({0x16}), release = raw({0x17}), sense_page = raw({0x1a, 0, 8, 0, 255});
  const auto end = [&](int how) {
    if (how == 0) t.ask(t.a, release);
    if (how == 1) t.unit->detach(t.a);
    if (how == 2) t.unit->reset_unit();
  };
  for (const int how : {0, 1, 2}) {
    EXPECT_EQ(t.ask(t.a, reserve).status, status::good);
    EXPECT_EQ(t.ask(t.a, reserve).status, status::good);
    EXPECT_EQ(t.ask(t.b, reserve).status, status::reservation_conflict);
    EXPECT_EQ(t.ask(t.b, sense_page).status, status::reservation_conflict);
    EXPECT_EQ(t.ask(t.b, raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1})).status, status::reservation_conflict);
    EXPECT_EQ(t.ask(t.b, raw({0x12, 0, 0, 0, 255})).status, status::good);
    EXPECT_EQ(t.ask(t.b, release).status, status::good);
    EXPECT_EQ(t.ask(t.b, sense_page).status, status::reservation_conflict);
    EXPECT_EQ(t.ask(t.a, sense_page).status, status::good);
    end(how);
    t.attention(t.b);
    EXPECT_EQ(t.ask(t.b, reserve).status, status::good) << how;
    EXPECT_EQ(t.ask(t.b, release).status, status::good);
    if (how == 1) t.a = t.quiet(port_a);
  }
}

}  // namespace
}  // namespace cairn::scsi::test

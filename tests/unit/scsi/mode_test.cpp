#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

const cdb write_one = raw({0x2a, 0, 0, 0, 0, 0, 0, 0, 1});

bytes select_swp(bool on, bool ten) {
  bytes list(ten ? 8 : 4);
  field_writer(list)
      .u8(0x0a)
      .u8(0x0a)
      .u8(0)
      .u8(0x10)
      .u8(on ? 8 : 0)
      .u8(0x40)
      .zero(2)
      .u16(0xffff)
      .u16(0);
  return list;
}
cdb select_6(const bytes& list) { return raw({0x15, 0x10, 0, 0, static_cast<int>(list.size())}); }
cdb select_10(const bytes& list) {
  return raw({0x55, 0x10, 0, 0, 0, 0, 0, 0, static_cast<int>(list.size())});
}

TEST(ModeSense, AllPagesAreDecodedByAnInitiator) {
  bed t;
  request r(
      scsi_cdb_modesense6(0, SCSI_MODESENSE_PC_CURRENT, SCSI_MODEPAGE_RETURN_ALL_PAGES, 0, 255));
  const auto got = t.ask(r.command());
  auto* ms = const_cast<scsi_mode_sense*>(r.decoded<scsi_mode_sense>(got));
  ASSERT_NE(ms, nullptr);
  EXPECT_EQ(ms->mode_data_length, got.data_in.size() - 1);
  EXPECT_EQ(ms->device_specific_parameter, 0x10);  // DPOFUA, not write-protected
  EXPECT_EQ(ms->block_descriptor_length, 8);
  const auto* caching = scsi_modesense_get_page(ms, SCSI_MODEPAGE_CACHING, 0);
  ASSERT_NE(caching, nullptr);
  EXPECT_EQ(caching->caching.wce, 1);
  const auto* control = scsi_modesense_get_page(ms, SCSI_MODEPAGE_CONTROL, 0);
  ASSERT_NE(control, nullptr);
  EXPECT_EQ(control->control.swp, 0);
  EXPECT_EQ(control->control.d_sense, 0);
  EXPECT_NE(scsi_modesense_get_page(ms, SCSI_MODEPAGE_INFORMATIONAL_EXCEPTIONS_CONTROL, 0),
            nullptr);
}

TEST(ModeSense, TheLongFormHasAHeaderOfEightAndLongAddressesWhenAsked) {
  bed t;
  const auto got = t.ask(raw({0x5a, 0x10, 0x3f, 0xff, 0, 0, 0, 1, 0}));
  const field_reader in(got.data_in);
  EXPECT_EQ(in.u16(0), got.data_in.size() - 2);
  EXPECT_EQ(in.u8(4), 1);  // LONGLBA
  EXPECT_EQ(in.u16(6), 16);
  EXPECT_EQ(in.u64(8), bed::blocks);
  EXPECT_EQ(in.u32(20), 512u);
  const auto without = t.ask(raw({0x5a, 0x18, 0x08, 0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(field_reader(without.data_in).u16(6), 0);
  EXPECT_EQ(without.data_in.size(), 8u + 20);
}

TEST(ModeSense, OnlySwpIsChangeable) {
  bed t;
  const auto got = t.ask(raw({0x1a, 8, 0x40 | 0x3f, 0, 255}));
  const field_reader in(got.data_in);
  std::size_t changeable = 0;
  for (std::size_t at = 4; at < in.size(); at += in.u8(at + 1) + 2u)
    for (std::size_t i = 2; i < in.u8(at + 1) + 2u; ++i)
      if (in.u8(at + i) != 0) {
        ++changeable;
        EXPECT_EQ(in.u8(at), 0x0a);
        EXPECT_EQ(in.u8(at + i), 8);
      }
  EXPECT_EQ(changeable, 1u);
}

TEST(ModeSense, SavedValuesUnknownPagesAndSubpagesAreRefused) {
  bed t;
  EXPECT_EQ(code_of(t.ask(raw({0x1a, 0, 0xc0 | 0x08, 0, 255}))), 0x3900);
  EXPECT_EQ(code_of(t.ask(raw({0x1a, 0, 0x07, 0, 255}))), 0x2400);
  EXPECT_EQ(code_of(t.ask(raw({0x1a, 0, 0x0a, 1, 255}))), 0x2400);
}

TEST(ModeSelect, SwpProtectsAgainstEveryWriteUntilItIsTakenBack) {
  bed t;
  for (const bool ten : {false, true}) {
    const auto on = select_swp(true, ten), off = select_swp(false, ten);
    EXPECT_EQ(code_of(t.send(t.a, ten ? select_10(on) : select_6(on), on)), 0);
    EXPECT_EQ(t.attention(t.b), 0x2a01);
    EXPECT_EQ(t.attention(t.a), 0);
    EXPECT_EQ(code_of(t.begin(write_one)), 0x2702);
    EXPECT_EQ(t.begin(write_one).done->sense->key, sense_key::data_protect);
    EXPECT_EQ(code_of(t.begin(raw({0x42, 0, 0, 0, 0, 0, 0, 0, 24}))), 0x2702);
    EXPECT_TRUE(t.begin(raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1})).to_do);
    EXPECT_EQ(t.ask(raw({0x1a, 0, 0x0a, 0, 255})).data_in[2], std::byte{0x90});
    EXPECT_EQ(code_of(t.send(t.a, ten ? select_10(off) : select_6(off), off)), 0);
    EXPECT_EQ(t.attention(t.b), 0x2a01);
    EXPECT_TRUE(t.begin(write_one).to_do);
  }
}

TEST(ModeSelect, WhatAnInitiatorReadItCanSendBack) {
  bed t;
  request r(scsi_cdb_modesense6(1, SCSI_MODESENSE_PC_CURRENT, SCSI_MODEPAGE_CONTROL, 0, 255));
  const auto got = t.ask(r.command());
  auto* ms = const_cast<scsi_mode_sense*>(r.decoded<scsi_mode_sense>(got));
  auto* page = scsi_modesense_get_page(ms, SCSI_MODEPAGE_CONTROL, 0);
  page->control.swp = 1;
  scsi_task* task = scsi_cdb_modeselect6(1, 0, 255);
  const auto* list = scsi_modesense_dataout_marshall(task, page, 1);
  ASSERT_NE(list, nullptr);
  const auto view = std::as_bytes(std::span(list->data, list->size));
  const bytes sent(view.begin(), view.end());
  EXPECT_EQ(code_of(t.send(t.a, select_6(sent), sent)), 0);
  EXPECT_EQ(code_of(t.begin(write_one)), 0x2702);
  scsi_free_scsi_task(task);
}

TEST(ModeSelect, ListsThatChangeMoreOrAreCutAreRefusedWhole) {
  bed t;
  auto wrong = select_swp(true, false);
  wrong[4 + 2] = std::byte{0x04};  // D_SENSE
  const auto refused = t.send(t.a, select_6(wrong), wrong);
  EXPECT_EQ(code_of(refused), 0x2600);
  EXPECT_EQ(refused.done->sense->wrong_byte, 6);
  const auto whole = select_swp(true, false);
  for (std::size_t n = 1; n < whole.size(); ++n) {
    const bytes cut(whole.begin(), whole.begin() + n);
    const auto code = code_of(t.send(t.a, select_6(cut), cut));
    EXPECT_EQ(code, n == 4 ? 0 : 0x1a00) << n;
    EXPECT_EQ(code_of(t.send(t.a, select_6(whole), cut)), 0x1a00) << n;
  }
  EXPECT_TRUE(t.begin(write_one).to_do);
  EXPECT_EQ(code_of(t.send(t.a, raw({0x15, 0x11, 0, 0, 16}), whole)), 0x2400);  // SP
  EXPECT_EQ(code_of(t.send(t.a, raw({0x15, 0x00, 0, 0, 16}), whole)), 0x2400);  // without PF
}

TEST(ModeSelect, AResetTakesSwpBack) {
  bed t;
  const auto on = select_swp(true, false);
  t.send(t.a, select_6(on), on);
  t.unit->reset_unit();
  EXPECT_EQ(t.attention(t.a), 0x2903);
  EXPECT_TRUE(t.begin(write_one).to_do);
}

}  // namespace
}  // namespace cairn::scsi::test

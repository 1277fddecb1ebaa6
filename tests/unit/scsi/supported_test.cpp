#include "iscsi/scsi/opcodes.h"
#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

TEST(SupportedOpcodes, ListsEveryFormOfTheTable) {
  bed t;
  for (const int timeouts : {0, 1}) {
    request r(scsi_cdb_report_supported_opcodes(timeouts, SCSI_REPORT_SUPPORTING_OPS_ALL,
                                                SCSI_OPCODE_TESTUNITREADY, 0, 65535));
    const auto got = t.ask(r.command());
    const auto* list = r.decoded<scsi_report_supported_op_codes>(got);
    ASSERT_NE(list, nullptr);
    ASSERT_EQ(static_cast<std::size_t>(list->num_descriptors), command_forms().size());
    for (int i = 0; i < list->num_descriptors; ++i) {
      const auto& d = list->descriptors[i];
      const auto& f = command_forms()[i];
      EXPECT_EQ(d.opcode, f.opcode);
      EXPECT_EQ(d.servactv, f.has_action());
      EXPECT_EQ(d.sa, f.has_action() ? f.service_action : 0);
      EXPECT_EQ(d.ctdp, timeouts);
      EXPECT_EQ(d.cdb_len, cdb_bytes(f.opcode));
      if (timeouts) {
        EXPECT_EQ(d.to.descriptor_length, 10);
      }
    }
  }
}

TEST(SupportedOpcodes, OneCommandIsAskedForInTheWayThatFitsIt) {
  bed t;
  for (const command_form& f : command_forms()) {
    const int action = f.has_action() ? f.service_action : 0;
    for (const int option : {1, 2, 3}) {
      request r(scsi_cdb_report_supported_opcodes(0, option, static_cast<scsi_opcode>(f.opcode),
                                                  action, 65535));
      const auto got = t.ask(r.command());
      const bool fits = option == 3 || (option == 2) == f.has_action();
      EXPECT_EQ(code_of(got), fits ? 0 : 0x2400) << int{f.opcode} << " option " << option;
      if (!fits || option == 3) continue;  // libiscsi cannot decode what option 3 answers
      const auto* one = r.decoded<scsi_report_supported_op_codes_one_command>(got);
      ASSERT_NE(one, nullptr);
      EXPECT_EQ(one->support, 3);
      EXPECT_EQ(one->cdb_length, cdb_bytes(f.opcode));
      EXPECT_EQ(one->cdb_usage_data[0], f.opcode);
    }
  }
  for (const int opcode : {0x28, 0x2a, 0x88, 0x8a, 0x89}) {  // DPO and FUA
    const auto got = t.ask(raw({0xa3, 0x0c, 1, opcode, 0, 0, 0, 0, 0, 64}));
    EXPECT_EQ(got.data_in.at(5) & std::byte{0xf8}, std::byte{0x18}) << opcode;
  }
}

TEST(SupportedOpcodes, AnUnknownCommandIsReportedAsSuch) {
  bed t;
  for (const cdb& c : {raw({0xa3, 0x0c, 1, 0x48, 0, 0, 0, 0, 0, 64}),
                       raw({0xa3, 0x0c, 2, 0x5e, 0, 9, 0, 0, 0, 64}),
                       raw({0xa3, 0x0c, 3, 0x28, 0, 9, 0, 0, 0, 64})}) {
    const auto got = t.ask(c);
    ASSERT_EQ(got.data_in.size(), 4u);
    EXPECT_EQ(got.data_in[1], std::byte{1});
  }
  EXPECT_EQ(code_of(t.ask(raw({0xa3, 0x0c, 4, 0, 0, 0, 0, 0, 0, 64}))), 0x2400);
}

TEST(SupportedTaskManagement, ComesInTheShortAndTheExtendedForm) {
  bed t;
  const auto brief = t.ask(raw({0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 64}));
  EXPECT_EQ(brief.data_in.size(), 4u);
  EXPECT_EQ(brief.data_in[0], std::byte{0xda});
  const auto extended = t.ask(raw({0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 0, 64}));
  EXPECT_EQ(extended.data_in.size(), 16u);
  EXPECT_EQ(extended.data_in[3], std::byte{12});
}

TEST(TargetPortGroups, TheOneGroupHasTheOnePortActiveAndOptimized) {
  bed t;
  const auto plain = t.ask(raw({0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 64}));
  const field_reader in(plain.data_in);
  EXPECT_EQ(in.u32(0), plain.data_in.size() - 4);
  EXPECT_EQ(in.u8(4) & 0x0f, 0);  // active/optimized
  EXPECT_EQ(in.u16(6), 1);        // the group of VPD page 83
  EXPECT_EQ(in.u8(11), 1);
  EXPECT_EQ(in.u16(14), 1);
  EXPECT_EQ(plain.data_in.size(), 16u);
  const auto extended = t.ask(raw({0xa3, 0x2a, 0, 0, 0, 0, 0, 0, 0, 64}));
  EXPECT_EQ(extended.data_in.size(), plain.data_in.size() + 4);
  EXPECT_EQ(extended.data_in[4], std::byte{0x10});
  EXPECT_EQ(code_of(t.ask(raw({0xa3, 0x4a, 0, 0, 0, 0, 0, 0, 0, 64}))), 0x2400);
  EXPECT_EQ(code_of(t.ask(raw({0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 8}))), 0x2000);
}

}  // namespace
}  // namespace cairn::scsi::test

#include <algorithm>

#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

TEST(Inquiry, StandardPageNamesADiskOfCairnBySpc4) {
  bed t;
  request r(scsi_cdb_inquiry(0, 0, 255));
  const auto got = t.ask(r.command());
  const auto* page = r.decoded<scsi_inquiry_standard>(got);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->qualifier, SCSI_INQUIRY_PERIPHERAL_QUALIFIER_CONNECTED);
  EXPECT_EQ(page->device_type, SCSI_INQUIRY_PERIPHERAL_DEVICE_TYPE_DIRECT_ACCESS);
  EXPECT_EQ(page->version, 6);
  EXPECT_EQ(page->response_data_format, 2);
  EXPECT_EQ(page->hisup, 1);
  EXPECT_EQ(page->cmdque, 1);
  EXPECT_EQ(page->tpgs, SCSI_INQUIRY_TPGS_IMPLICIT);
  EXPECT_EQ(page->threepc, 0);
  EXPECT_EQ(page->rmb, 0);
  EXPECT_EQ(static_cast<std::size_t>(page->additional_length), got.data_in.size() - 5);
  EXPECT_STREQ(page->vendor_identification, "CAIRN   ");
  EXPECT_STREQ(page->product_identification, "VOLUME          ");
  EXPECT_STREQ(page->product_revision_level, "0.1 ");
  const std::uint16_t versions[] = {0x00a0, SCSI_VERSION_DESCRIPTOR_ISCSI,
                                    SCSI_VERSION_DESCRIPTOR_SPC_4, SCSI_VERSION_DESCRIPTOR_SBC_3};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(page->version_descriptor[i], versions[i]) << i;
}

TEST(Inquiry, IsCutToItsAllocationLength) {
  bed t;
  for (int length = 0; length <= 255; ++length) {
    request r(scsi_cdb_inquiry(0, 0, length));
    EXPECT_EQ(t.ask(r.command()).data_in.size(), std::min(length, 96));
  }
}

TEST(Inquiry, APageCodeWithoutEvpdIsAnInvalidField) {
  bed t;
  const auto got = t.ask(raw({0x12, 0, 0x83, 0, 255}));
  EXPECT_EQ(code_of(got), 0x2400);
  EXPECT_EQ(got.sense->wrong_byte, 2);
}

TEST(Inquiry, EveryListedVitalPageIsThereAndNoOther) {
  bed t;
  request r(scsi_cdb_inquiry(1, 0, 255));
  const auto got = t.ask(r.command());
  const auto* list = r.decoded<scsi_inquiry_supported_pages>(got);
  ASSERT_NE(list, nullptr);
  const std::vector<int> listed(list->pages, list->pages + list->num_pages);
  EXPECT_EQ(listed, (std::vector<int>{0x00, 0x80, 0x83, 0x86, 0xb0, 0xb1, 0xb2}));
  for (int page = 0; page < 256; ++page) {
    const auto one = t.ask(raw({0x12, 1, page, 1, 0}));
    const bool there = std::ranges::find(listed, page) != listed.end();
    EXPECT_EQ(one.status, there ? status::good : status::check_condition) << page;
    if (there) {
      EXPECT_EQ(one.data_in.size(), field_reader(one.data_in).u16(2) + 4u) << page;
    }
  }
}

TEST(Inquiry, Vpd80CarriesTheSerialNumber) {
  bed t;
  request r(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_UNIT_SERIAL_NUMBER, 255));
  const auto got = t.ask(r.command());
  const auto* page = r.decoded<scsi_inquiry_unit_serial_number>(got);
  ASSERT_NE(page, nullptr);
  EXPECT_STREQ(page->usn, "serial-1");
}

TEST(Inquiry, Vpd83CarriesTheNaaOfTheVolumeAndTheNamesOfTargetAndPort) {
  bed t;
  request r(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_DEVICE_IDENTIFICATION, 255));
  const auto got = t.ask(r.command());
  const auto* page = r.decoded<scsi_inquiry_device_identification>(got);
  ASSERT_NE(page, nullptr);
  std::vector<std::string> found;
  for (const auto* d = page->designators; d; d = d->next) {
    const auto view = std::as_bytes(std::span(d->designator, d->designator_length));
    const field_reader in(view);
    if (d->designator_type == SCSI_DESIGNATOR_TYPE_NAA) {
      EXPECT_EQ(in.u64(0), 0x3123456789abcdef);
      EXPECT_EQ(d->association, SCSI_ASSOCIATION_LOGICAL_UNIT);
      found.push_back("naa");
    } else if (d->designator_type == SCSI_DESIGNATOR_TYPE_T10_VENDORT_ID) {
      found.emplace_back(d->designator, d->designator_length);
    } else if (d->designator_type == SCSI_DESIGNATOR_TYPE_SCSI_NAME_STRING) {
      EXPECT_EQ(d->designator_length % 4, 0);
      EXPECT_EQ(d->protocol_identifier, SCSI_PROTOCOL_IDENTIFIER_ISCSI);
      found.emplace_back(d->designator);
    } else {
      found.push_back(std::to_string(d->designator_type) + "=" + std::to_string(in.u32(0)));
    }
  }
  std::ranges::reverse(found);  // libiscsi lists the last one first
  EXPECT_EQ(found, (std::vector<std::string>{"naa", "CAIRN   serial-1", "iqn.2026-01.test:volume",
                                             "iqn.2026-01.test:volume,t,0x0001", "4=1", "5=1"}));
}

TEST(Inquiry, VpdB0TellsTheLimitsThatAreKept) {
  bed t;
  request r(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_BLOCK_LIMITS, 255));
  const auto got = t.ask(r.command());
  EXPECT_EQ(got.data_in.size(), 64u);
  const auto* page = r.decoded<scsi_inquiry_block_limits>(got);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->wsnz, 0);
  EXPECT_EQ(page->max_cmp, 255);
  EXPECT_EQ(page->opt_gran, 8);
  EXPECT_EQ(page->max_xfer_len, 65536u);
  EXPECT_EQ(page->max_unmap, 1u << 20);
  EXPECT_EQ(page->max_unmap_bdc, 256u);
  EXPECT_EQ(page->opt_unmap_gran, 8u);
  EXPECT_EQ(page->max_ws_len, 65536u);
  bed large(4096);
  request again(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_BLOCK_LIMITS, 255));
  page = again.decoded<scsi_inquiry_block_limits>(large.ask(again.command()));
  EXPECT_EQ(page->opt_gran, 1);
  EXPECT_EQ(page->max_xfer_len, 8192u);
}

TEST(Inquiry, VpdB1AndB2TellAThinDiskWithoutRotation) {
  bed t;
  request b1(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_BLOCK_DEVICE_CHARACTERISTICS, 255));
  const auto got = t.ask(b1.command());
  const auto* rotation = b1.decoded<scsi_inquiry_block_device_characteristics>(got);
  ASSERT_NE(rotation, nullptr);
  EXPECT_EQ(rotation->medium_rotation_rate, 1);
  request b2(scsi_cdb_inquiry(1, SCSI_INQUIRY_PAGECODE_LOGICAL_BLOCK_PROVISIONING, 255));
  const auto* thin = b2.decoded<scsi_inquiry_logical_block_provisioning>(t.ask(b2.command()));
  ASSERT_NE(thin, nullptr);
  EXPECT_EQ(thin->lbpu, 1);
  EXPECT_EQ(thin->lbpws, 1);
  EXPECT_EQ(thin->lbpws10, 1);
  EXPECT_EQ(thin->lbprz, 1);
  EXPECT_EQ(thin->anc_sup, 0);
  EXPECT_EQ(thin->provisioning_type, PROVISIONING_TYPE_THIN);
}

TEST(Inquiry, AnotherLunIsNotThereAndSaysSo) {
  bed t;
  const std::uint64_t lun_1 = 1ULL << 48;
  const auto page = t.unit->begin(t.a, lun_1, raw({0x12, 0, 0, 0, 255}));
  ASSERT_TRUE(page.done && !page.done->data_in.empty());
  EXPECT_EQ(page.done->data_in[0], std::byte{0x7f});
  const auto sensed = t.unit->begin(t.a, lun_1, raw({3, 0, 0, 0, 255}));
  EXPECT_EQ(field_reader(sensed.done->data_in).u16(12), 0x2500);
  EXPECT_EQ(sensed.done->status, status::good);
  EXPECT_EQ(t.unit->begin(t.a, lun_1, raw({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64})).done->data_in.size(),
            16u);
  EXPECT_EQ(code_of(t.unit->begin(t.a, lun_1, cdb{})), 0x2500);
  EXPECT_EQ(code_of(t.unit->begin(t.a, lun_1, raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1}))), 0x2500);
}

TEST(ReportLuns, ListsLunZeroAndNoWellKnownUnits) {
  bed t;
  for (const int select : {0, 1, 2}) {
    request r(scsi_reportluns_cdb(select, 256));
    const auto got = t.ask(r.command());
    const auto* list = r.decoded<scsi_reportluns_list>(got);
    ASSERT_NE(list, nullptr);
    ASSERT_EQ(list->num, select == 1 ? 0u : 1u);
    if (list->num != 0) {
      EXPECT_EQ(list->luns[0], 0);
    }
  }
  EXPECT_EQ(code_of(t.ask(raw({0xa0, 0, 3, 0, 0, 0, 0, 0, 1, 0}))), 0x2400);
}

}  // namespace
}  // namespace cairn::scsi::test

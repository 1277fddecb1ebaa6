#include <array>

#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

struct extent {
  std::uint64_t lba;
  std::uint32_t count;
};

bytes unmap_list(const std::vector<extent>& extents) {
  bytes out;
  field_writer w(out);
  w.u16(extents.size() * 16 + 6).u16(extents.size() * 16).u32(0);
  for (const extent& e : extents) w.u64(e.lba).u32(e.count).u32(0);
  return out;
}

decision unmap(bed& t, const bytes& list) {
  request r(scsi_cdb_unmap(0, 0, list.size()));
  return t.send(t.a, r.command(), list);
}

TEST(Unmap, ItsDescriptorsBecomeRangesWithoutTheEmptyOnes) {
  bed t;
  const auto d = unmap(t, unmap_list({{1, 2}, {9, 0}, {bed::blocks - 1, 1}, {bed::blocks, 0}}));
  ASSERT_TRUE(d.to_do);
  EXPECT_EQ(d.to_do->kind, work_kind::unmap);
  EXPECT_EQ(d.to_do->ranges,
            (std::vector<byte_range>{{512, 1024}, {(bed::blocks - 1) * 512, 512}}));
  EXPECT_EQ(d.data_out, 0u);
}

TEST(Unmap, NothingToUnmapIsGood) {
  bed t;
  EXPECT_EQ(t.ask(raw({0x42})).status, status::good);
  EXPECT_EQ(unmap(t, unmap_list({})).done->status, status::good);
  EXPECT_EQ(unmap(t, unmap_list(std::vector<extent>(256, {3, 0}))).done->status, status::good);
}

TEST(Unmap, ListsOutOfRangeCutOrTooLongAreRefused) {
  bed t;
  EXPECT_EQ(code_of(unmap(t, unmap_list({{bed::blocks, 1}}))), 0x2100);
  EXPECT_EQ(code_of(unmap(t, unmap_list({{~0ULL, 2}}))), 0x2100);
  EXPECT_EQ(code_of(unmap(t, unmap_list(std::vector<extent>(257, {3, 1})))), 0x2600);
  EXPECT_EQ(code_of(unmap(t, bytes(7))), 0x1a00);
  auto cut = unmap_list({{1, 1}, {2, 1}});
  cut.resize(30);
  EXPECT_EQ(code_of(unmap(t, cut)), 0x2600);
  EXPECT_EQ(code_of(t.send(t.a, raw({0x42, 0, 0, 0, 0, 0, 0, 0, 40}), cut)), 0x1a00);
  EXPECT_EQ(code_of(t.ask(raw({0x42, 1, 0, 0, 0, 0, 0, 0, 24}))), 0x2400);  // ANCHOR
  t.unit->resized(1ULL << 40);
  t.attention(t.a);
  EXPECT_TRUE(unmap(t, unmap_list({{0, 1u << 20}})).to_do);
  EXPECT_EQ(code_of(unmap(t, unmap_list({{0, 1u << 20}, {0, 1}}))), 0x2600);
}

decision write_same(bed& t, scsi_task* task, std::byte fill, std::uint32_t size = 512) {
  return t.send(t.a, request(task).command(), bytes(size, fill));
}

TEST(WriteSame, ABlockOfDataIsWrittenAndZeroesAreNotMoved) {
  bed t;
  for (const bool unmap : {false, true}) {
    for (scsi_task* task : {scsi_cdb_writesame10(0, 0, unmap, 5, 0, 2, 512),
                            scsi_cdb_writesame16(0, 0, unmap, 5, 0, 2, 512)}) {
      const cdb c = request(task).command();
      const auto first = t.begin(c);
      EXPECT_EQ(first.data_out, 512u);
      EXPECT_TRUE(first.exact_data_out);
      const auto same = t.send(t.a, c, bytes(512, std::byte{7}));
      ASSERT_TRUE(same.to_do);
      EXPECT_EQ(same.to_do->kind, work_kind::write_same);
      EXPECT_EQ(same.to_do->range, (byte_range{5 * 512, 1024}));
      const auto zero = t.send(t.a, c, bytes(512));
      ASSERT_TRUE(zero.to_do);
      EXPECT_EQ(zero.to_do->kind, unmap ? work_kind::unmap : work_kind::zero);
      EXPECT_EQ(unmap ? zero.to_do->ranges.at(0) : zero.to_do->range, (byte_range{5 * 512, 1024}));
      EXPECT_EQ(code_of(t.send(t.a, c, bytes(1024))), 0x2400);
    }
  }
}

TEST(WriteSame, WithoutDataItZeroesOrUnmaps) {
  bed t;
  const auto zero = t.begin(raw({0x93, 0x01, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2}));
  EXPECT_EQ(zero.to_do->kind, work_kind::zero);
  EXPECT_EQ(zero.data_out, 0u);
  const auto unmapped = t.begin(raw({0x93, 0x09, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2}));
  EXPECT_EQ(unmapped.to_do->kind, work_kind::unmap);
}

TEST(WriteSame, NoBlocksMeansAllToTheEnd) {
  bed t;
  const auto d = write_same(t, scsi_cdb_writesame16(0, 0, 0, 5, 0, 0, 512), std::byte{1});
  EXPECT_EQ(d.to_do->range, (byte_range{5 * 512, (bed::blocks - 5) * 512}));
  t.unit->resized(1ULL << 40);
  t.attention(t.a);
  EXPECT_EQ(code_of(write_same(t, scsi_cdb_writesame16(0, 0, 0, 5, 0, 0, 512), std::byte{1})),
            0x2400);
}

TEST(WriteSame, AnchorsAndRangesBeyondTheEndAreRefused) {
  bed t;
  for (const std::uint64_t lba :
       std::initializer_list<std::uint64_t>{bed::blocks - 1, bed::blocks, bed::blocks + 1, ~0ULL}) {
    EXPECT_EQ(code_of(write_same(t, scsi_cdb_writesame16(0, 0, 0, lba, 0, 2, 512), std::byte{1})),
              0x2100);
    if (lba < bed::blocks) continue;
    EXPECT_EQ(code_of(write_same(t, scsi_cdb_writesame16(0, 0, 0, lba, 0, 0, 512), std::byte{1})),
              0x2100);
  }
  EXPECT_EQ(code_of(write_same(t, scsi_cdb_writesame10(0, 1, 1, 0, 0, 1, 512), std::byte{0})),
            0x2400);
}

TEST(LbaStatus, AnswersFromTheBlockThatWasAskedForOn) {
  bed t;
  request r(scsi_cdb_get_lba_status(3, 8 + 16 * 3));
  const auto d = t.begin(r.command());
  ASSERT_TRUE(d.to_do);
  EXPECT_EQ(d.to_do->kind, work_kind::lba_status);
  EXPECT_EQ(d.to_do->range, (byte_range{3 * 512, (bed::blocks - 3) * 512}));
  EXPECT_EQ(d.to_do->extents_max, 3u);
  work_outcome found;
  found.extents = {{{0, 8 * 512}, true}, {{8 * 512, 16 * 512}, false}};
  const auto got = t.unit->finish(t.a, r.command(), found);
  const auto* list = r.decoded<scsi_get_lba_status>(got);
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->num_descriptors, 2u);
  EXPECT_EQ(list->descriptors[0].lba, 3u);
  EXPECT_EQ(list->descriptors[0].num_blocks, 5u);
  EXPECT_EQ(list->descriptors[0].provisioning, SCSI_PROVISIONING_TYPE_MAPPED);
  EXPECT_EQ(list->descriptors[1].lba, 8u);
  EXPECT_EQ(list->descriptors[1].num_blocks, 16u);
  EXPECT_EQ(list->descriptors[1].provisioning, SCSI_PROVISIONING_TYPE_DEALLOCATED);
  request beyond(scsi_cdb_get_lba_status(bed::blocks, 24));
  EXPECT_EQ(code_of(t.begin(beyond.command())), 0x2100);
}

using told = std::vector<std::array<std::uint64_t, 3>>;  // LBA, blocks, deallocated

told statuses(std::uint64_t lba, const std::vector<mapped_extent>& extents) {
  bed t(4096);
  request r(scsi_cdb_get_lba_status(lba, 1024));
  work_outcome found;
  found.extents = extents;
  const auto* list = r.decoded<scsi_get_lba_status>(t.unit->finish(t.a, r.command(), found));
  told out;
  if (list == nullptr) return out;
  for (std::uint32_t i = 0; i < list->num_descriptors; ++i) {
    const auto& d = list->descriptors[i];
    out.push_back({d.lba, d.num_blocks, static_cast<std::uint64_t>(d.provisioning)});
  }
  return out;
}

// Holes of the storage end at 512 bytes.
TEST(LbaStatus, OfBlocksOf4096BytesTellsNoneAsDeallocatedThatHoldsData) {
  const std::uint64_t k = 1024;
  EXPECT_EQ(statuses(0, {{{0, 6 * k}, false}, {{6 * k, k}, true}, {{7 * k, 13 * k}, false}}),
            (told{{0, 1, 1}, {1, 1, 0}, {2, 3, 1}}));
  // A hole that fills no block is data.
  EXPECT_EQ(statuses(0, {{{0, 4 * k}, true}, {{4 * k, k}, false}, {{5 * k, 3 * k}, true}}),
            (told{{0, 2, 0}}));
  EXPECT_EQ(statuses(0, {{{0, 512}, true}, {{512, 4 * k}, false}, {{5 * k - 512, k}, true}}),
            (told{{0, 2, 0}}));
  EXPECT_EQ(statuses(3, {{{12 * k, 512}, false}}), (told{{3, 1, 0}}));
  EXPECT_EQ(statuses(0, {{{0, k}, false}, {{k, 11 * k}, false}}), (told{{0, 1, 0}, {1, 2, 1}}));
}

TEST(LbaStatus, AnExtentOfMoreBlocksThanADescriptorHoldsEndsTheList) {
  const std::uint64_t huge = (1ULL << 32) * 4096;
  EXPECT_EQ(statuses(0, {{{0, huge}, false}, {{huge, 4096}, true}}), (told{{0, 0xffffffff, 1}}));
}

}  // namespace
}  // namespace cairn::scsi::test

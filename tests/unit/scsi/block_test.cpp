#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {
namespace {

// What the storage is to do for a CDB that libiscsi made; nothing where it was answered at once.
std::optional<work> work_of(bed& t, scsi_task* task) {
  return t.begin(request(task).command()).to_do;
}
decision decided(bed& t, scsi_task* task) { return t.begin(request(task).command()); }

TEST(ReadCapacity, BothFormsTellSizeBlockAndThinness) {
  for (const std::uint32_t block : {512u, 4096u}) {
    bed t(block);
    request ten(scsi_cdb_readcapacity10(0, 0));
    const auto* small = ten.decoded<scsi_readcapacity10>(t.ask(ten.command()));
    ASSERT_NE(small, nullptr);
    EXPECT_EQ(small->lba, bed::blocks - 1);
    EXPECT_EQ(small->block_size, block);
    request sixteen(scsi_cdb_readcapacity16());
    const auto* large = sixteen.decoded<scsi_readcapacity16>(t.ask(sixteen.command()));
    ASSERT_NE(large, nullptr);
    EXPECT_EQ(large->returned_lba, bed::blocks - 1);
    EXPECT_EQ(large->block_length, block);
    EXPECT_EQ(large->lbppbe, 0);
    EXPECT_EQ(large->lbpme, 1);
    EXPECT_EQ(large->lbprz, 1);
    EXPECT_EQ(large->p_type, 0);
    EXPECT_EQ(large->prot_en, 0);
    EXPECT_EQ(large->lalba, 0);
  }
}

TEST(ReadCapacity, AnLbaWithoutPmiIsAnInvalidField) {
  bed t;
  EXPECT_EQ(code_of(t.ask(raw({0x25, 0, 0, 0, 0, 7}))), 0x2400);
  EXPECT_EQ(code_of(t.ask(raw({0x25, 0, 0, 0, 0, 7, 0, 0, 1}))), 0);
  EXPECT_EQ(code_of(t.ask(raw({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 32}))), 0x2400);
}

TEST(ReadCapacity, ItsLongFormIsCutToTheAllocationLength) {
  bed t;
  for (int length = 0; length < 40; ++length)
    EXPECT_EQ(t.ask(raw({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length})).data_in.size(),
              std::min(length, 32));
}

TEST(Read, EverySizeOfCdbNamesTheSameStretch) {
  bed t;
  for (scsi_task* task :
       {scsi_cdb_read6(5, 1024, 512), scsi_cdb_read10(5, 1024, 512, 0, 0, 0, 0, 0),
        scsi_cdb_read12(5, 1024, 512, 0, 0, 0, 0, 0),
        scsi_cdb_read16(5, 1024, 512, 0, 0, 0, 0, 0)}) {
    const auto d = decided(t, task);
    ASSERT_TRUE(d.to_do);
    EXPECT_EQ(d.to_do->kind, work_kind::read);
    EXPECT_EQ(d.to_do->range, (byte_range{5 * 512, 1024}));
    EXPECT_EQ(d.data_in, 1024u);
    EXPECT_EQ(d.data_out, 0u);
    EXPECT_FALSE(d.to_do->fua);
  }
  const auto most = t.begin(raw({0x08, 0, 0, 0, 0}));
  EXPECT_EQ(most.to_do->range.length, 256u * 512);  // READ(6): 0 means 256
}

TEST(Write, EverySizeOfCdbTakesItsDataAndHonoursFua) {
  bed t;
  const auto six = t.begin(raw({0x0a, 0, 0, 5, 2}));
  EXPECT_EQ(six.to_do->range, (byte_range{5 * 512, 1024}));
  EXPECT_FALSE(six.to_do->fua);
  for (scsi_task* task : {scsi_cdb_write10(5, 1024, 512, 0, 1, 1, 0, 3),
                          scsi_cdb_write12(5, 1024, 512, 0, 1, 1, 0, 3),
                          scsi_cdb_write16(5, 1024, 512, 0, 1, 1, 0, 3)}) {
    const auto d = decided(t, task);
    ASSERT_TRUE(d.to_do);
    EXPECT_EQ(d.to_do->kind, work_kind::write);
    EXPECT_EQ(d.to_do->range, (byte_range{5 * 512, 1024}));
    EXPECT_EQ(d.data_out, 1024u);
    EXPECT_FALSE(d.exact_data_out);
    EXPECT_TRUE(d.to_do->fua);
  }
}

TEST(BlockCommands, ProtectionInformationIsAnInvalidField) {
  bed t;
  for (int protect = 1; protect < 8; ++protect) {
    for (const int opcode : {0x28, 0x2a, 0x2e, 0x2f, 0x41, 0x88, 0x89, 0x8a, 0x8b, 0x8e, 0x8f, 0x93,
                             0xa8, 0xaa, 0xae, 0xaf}) {
      const auto got = t.ask(raw({opcode, protect << 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
      EXPECT_EQ(code_of(got), 0x2400) << opcode;
      EXPECT_EQ(got.sense->wrong_byte, 1) << opcode;
    }
  }
}

// The opcodes with an LBA of 4 bytes and with one of 8, and where their counts are.
struct form {
  int opcode, lba_bytes, count_at;
};
constexpr form forms[] = {{0x28, 4, 8},  {0x2a, 4, 8},  {0x2e, 4, 8},  {0x2f, 4, 8},  {0x34, 4, 8},
                          {0x35, 4, 8},  {0x88, 8, 13}, {0x89, 8, 13}, {0x8a, 8, 13}, {0x8b, 8, 13},
                          {0x8e, 8, 13}, {0x8f, 8, 13}, {0x90, 8, 13}, {0x91, 8, 13}, {0xa8, 4, 9},
                          {0xaa, 4, 9},  {0xae, 4, 9},  {0xaf, 4, 9}};

cdb with(const form& f, std::uint64_t lba, int count) {
  cdb c = raw({f.opcode});
  store_be(c, 2, lba, f.lba_bytes);
  c[f.count_at] = static_cast<std::byte>(count);
  return c;
}

TEST(BlockCommands, ReachTheLastBlockAndNoFurther) {
  bed t;
  for (const form& f : forms) {
    const std::uint64_t wraps = f.lba_bytes == 8 ? ~0ULL : 0xffffffff;
    EXPECT_EQ(code_of(t.begin(with(f, bed::blocks - 2, 2))), 0) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, bed::blocks - 2, 3))), 0x2100) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, bed::blocks, 1))), 0x2100) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, wraps, 1))), 0x2100) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, wraps / 2 + 1, 1))), 0x2100) << f.opcode;
  }
}

TEST(BlockCommands, WithoutBlocksDoNothingButCheckTheLba) {
  bed t;
  for (const form& f : forms) {
    const auto at_start = t.begin(with(f, 0, 0));
    const bool to_the_end =
        f.opcode == 0x34 || f.opcode == 0x35 || f.opcode == 0x90 || f.opcode == 0x91;
    EXPECT_EQ(at_start.to_do.has_value(), to_the_end) << f.opcode;
    EXPECT_EQ(code_of(at_start), 0) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, bed::blocks, 0))), 0) << f.opcode;
    EXPECT_EQ(code_of(t.begin(with(f, bed::blocks + 1, 0))), 0x2100) << f.opcode;
  }
}

TEST(BlockCommands, MoreThanTheMaximumTransferLengthIsAnInvalidField) {
  bed t;
  t.unit->resized(1ULL << 40);
  t.attention(t.a);
  EXPECT_TRUE(t.begin(raw({0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0})).to_do);
  EXPECT_EQ(code_of(t.begin(raw({0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1}))), 0x2400);
  EXPECT_EQ(code_of(t.begin(raw({0xaa, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}))), 0x2100);
  EXPECT_EQ(code_of(t.begin(raw({0xaa, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 0xff}))), 0x2400);
}

TEST(Verify, BytchkDecidesWhetherDataIsCompared) {
  bed t;
  for (const int check : {0, 1}) {
    for (scsi_task* task : {scsi_cdb_verify10(5, 1024, 0, 1, check, 512),
                            scsi_cdb_verify12(5, 1024, 0, 1, check, 512),
                            scsi_cdb_verify16(5, 1024, 0, 1, check, 512)}) {
      const auto d = decided(t, task);
      ASSERT_TRUE(d.to_do);
      EXPECT_EQ(d.to_do->kind, check ? work_kind::compare : work_kind::check);
      EXPECT_EQ(d.to_do->range, (byte_range{5 * 512, 1024}));
      EXPECT_EQ(d.data_out, check ? 1024u : 0u);
    }
  }
  for (const int check : {2, 3})
    EXPECT_EQ(code_of(t.begin(raw({0x2f, check << 1, 0, 0, 0, 0, 0, 0, 1}))), 0x2400);
}

TEST(WriteAndVerify, IsDurableAndComparesIfAsked) {
  bed t;
  for (const int check : {0, 1}) {
    for (scsi_task* task : {scsi_cdb_writeverify10(5, 1024, 512, 0, 0, check, 0),
                            scsi_cdb_writeverify12(5, 1024, 512, 0, 0, check, 0),
                            scsi_cdb_writeverify16(5, 1024, 512, 0, 0, check, 0)}) {
      const auto d = decided(t, task);
      ASSERT_TRUE(d.to_do);
      EXPECT_EQ(d.to_do->kind, check ? work_kind::write_and_compare : work_kind::write_and_check);
      EXPECT_TRUE(d.to_do->fua);
      EXPECT_EQ(d.data_out, 1024u);
    }
  }
}

TEST(CompareAndWrite, TakesTwiceItsLengthAndNothingElse) {
  bed t;
  const auto d = decided(t, scsi_cdb_compareandwrite(5, 4 * 512, 512, 0, 0, 1, 0, 0));
  ASSERT_TRUE(d.to_do);
  EXPECT_EQ(d.to_do->kind, work_kind::compare_and_write);
  EXPECT_EQ(d.to_do->range, (byte_range{5 * 512, 2 * 512}));
  EXPECT_EQ(d.data_out, 4u * 512);
  EXPECT_TRUE(d.exact_data_out);
  EXPECT_TRUE(d.to_do->fua);
}

TEST(CompareAndWrite, AMiscompareTellsWhere) {
  bed t;
  work_outcome differs;
  differs.miscompare_at = 0x123;
  const auto got = t.unit->finish(t.a, raw({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), differs);
  ASSERT_TRUE(got.sense);
  EXPECT_EQ(got.sense->key, sense_key::miscompare);
  EXPECT_EQ(got.sense->code, 0x1d00);
  const auto encoded = encode(*got.sense);
  EXPECT_EQ(encoded[0], std::byte{0xf0});
  EXPECT_EQ(field_reader(encoded).u32(3), 0x123u);
}

TEST(OrWrite, PrefetchAndSynchronizeCacheBecomeTheirWork) {
  bed t;
  const auto ored = work_of(t, scsi_cdb_orwrite(5, 1024, 512, 0, 0, 1, 0, 0));
  ASSERT_TRUE(ored);
  EXPECT_EQ(ored->kind, work_kind::or_write);
  for (scsi_task* task : {scsi_cdb_prefetch10(5, 2, 1, 3), scsi_cdb_prefetch16(5, 2, 1, 3)}) {
    const auto w = work_of(t, task);
    ASSERT_TRUE(w);
    EXPECT_EQ(w->kind, work_kind::prefetch);
    EXPECT_EQ(w->range, (byte_range{5 * 512, 1024}));
  }
  for (scsi_task* task :
       {scsi_cdb_synchronizecache10(0, 0, 1, 1), scsi_cdb_synchronizecache16(0, 0, 1, 1)}) {
    const auto w = work_of(t, task);
    ASSERT_TRUE(w);
    EXPECT_EQ(w->kind, work_kind::flush);
    EXPECT_EQ(w->range, (byte_range{0, bed::blocks * 512}));
  }
}

TEST(StartStopUnit, AStopFlushesAndADiskCannotBeEjected) {
  bed t;
  EXPECT_EQ(work_of(t, scsi_cdb_startstopunit(0, 0, 0, 0, 0, 0))->kind, work_kind::flush);
  EXPECT_TRUE(decided(t, scsi_cdb_startstopunit(1, 0, 0, 0, 0, 1)).done);
  EXPECT_EQ(code_of(decided(t, scsi_cdb_startstopunit(1, 0, 0, 0, 1, 0))), 0x2400);
  EXPECT_EQ(code_of(decided(t, scsi_cdb_startstopunit(1, 0, 3, 0, 0, 0))), 0x2400);
  EXPECT_EQ(code_of(decided(t, scsi_cdb_preventallow(1))), 0x2000);
}

TEST(Finish, ErrorsOfTheStorageBecomeSenseData) {
  bed t;
  const cdb read = raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1}), write = raw({0x2a, 0, 0, 0, 0, 0, 0, 0, 1});
  struct expected {
    int error;
    cdb of;
    sense_key key;
    std::uint16_t code;
  };
  const expected table[] = {
      {EIO, read, sense_key::medium_error, 0x1100},
      {EIO, write, sense_key::medium_error, 0x0c00},
      {EIO, raw({0x35}), sense_key::medium_error, 0x0c00},
      {ENOSPC, write, sense_key::data_protect, 0x2707},
      {EROFS, write, sense_key::data_protect, 0x2700},
      {ENOMEM, read, sense_key::hardware_error, 0x4400},
      {EAGAIN, read, sense_key::not_ready, 0x0401},
      {ESHUTDOWN, write, sense_key::not_ready, 0x0401},
  };
  for (const expected& e : table) {
    work_outcome outcome;
    outcome.error = e.error;
    const auto got = t.unit->finish(t.a, e.of, outcome);
    ASSERT_TRUE(got.sense);
    EXPECT_EQ(got.status, status::check_condition);
    EXPECT_EQ(got.sense->key, e.key) << e.error;
    EXPECT_EQ(got.sense->code, e.code) << e.error;
  }
  EXPECT_EQ(t.unit->finish(t.a, write, {}).status, status::good);
}

}  // namespace
}  // namespace cairn::scsi::test

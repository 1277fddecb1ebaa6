// A journal of a newer Cairn, or of one from before the first release, is refused with a sentence
// that names both versions, and stays as it is.
#include <cerrno>
#include <map>

#include "storage/database.h"
#include "tests/support/journal_fixture.h"

namespace cairn {
namespace {

constexpr std::size_t segment_version_at = 8, segment_crc_at = 12, segment_salt_at = 40;
constexpr std::size_t record_version_at = 4, record_kind_at = 5, record_crc_at = 8;

class FormatTest : public JournalFixture {
 protected:
  void SetUp() override {
    open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append());
    ASSERT_TRUE(log_->sync());
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(append());
    last_ = row_at(7);
    segment_ = file_of(last_);
    disk_.kill();
    log_.reset();
  }

  std::map<std::string, bytes> everything() {
    std::map<std::string, bytes> all;
    for (const std::string& folder : {std::string("/state/journal"), segments_}) {
      const auto names = *disk_.list(folder);
      for (const auto& name : names)
        if (const auto there = disk_.content(folder + "/" + name); there && !is_scratch(name))
          all[folder + "/" + name] = *there;
    }
    return all;
  }
  static bool is_scratch(const std::string& name) { return name.ends_with("-shm"); }

  void expect_refused(const std::string& sentence) {
    const auto before = everything();
    const auto refused = try_open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EPROTONOSUPPORT);
    EXPECT_NE(refused.error().text.find(sentence), std::string::npos) << refused.error().text;
    disk_.kill();
    const auto after = everything();
    for (const auto& [path, was] : before)
      EXPECT_TRUE(after.contains(path) && after.at(path) == was) << path;
    EXPECT_EQ(after.size(), before.size());
  }

  void change_catalog(const std::string& sql) {
    auto db = *database::open(disk_, "/state/journal/catalog.db", database::access::read_write);
    ASSERT_TRUE(db->transaction(database::durability::full, [&] { return db->execute(sql); }));
  }

  void set_segment_version(const std::string& path, std::uint32_t version) {
    auto block = *disk_.content(path);
    block.resize(segment_header_bytes);
    store_le(byte_span(block), segment_version_at, version);
    store_le(byte_span(block), segment_crc_at, std::uint32_t{0});
    store_le(byte_span(block), segment_crc_at, crc32c(block));
    disk_.overwrite(path, block, 0);
  }

  // The last record, which no sync has covered, under a good checksum.
  void change_last_record(std::size_t at, std::uint8_t value) {
    const auto whole = *disk_.content(segment_);
    record_header header;
    std::copy_n(whole.begin() + static_cast<long>(last_.at.position), header.size(),
                header.begin());
    header[at] = std::byte{value};
    store_le(byte_span(header), record_crc_at, std::uint32_t{0});
    const auto salt = byte_view(whole).subspan(segment_salt_at, 8);
    store_le(byte_span(header), record_crc_at, crc32c(header, crc32c(salt)));
    disk_.overwrite(segment_, header, last_.at.position);
  }

  const std::string segments_ = "/state/journal/segments";
  row last_;
  std::string segment_;
};

TEST_F(FormatTest, ANewerCatalogIsRefused) {
  change_catalog("UPDATE journal SET format = 3; ALTER TABLE journal RENAME member TO moved");
  expect_refused("journal /state/journal: its format is version 3, this Cairn reads up to 2");
}

TEST_F(FormatTest, ACatalogFromBeforeTheFirstReleaseIsRefused) {
  change_catalog("UPDATE journal SET format = 1; ALTER TABLE journal DROP COLUMN start");
  expect_refused(
      "journal /state/journal: its format is version 1, this Cairn reads from version 2");
}

TEST_F(FormatTest, ASegmentFromBeforeTheFirstReleaseIsRefused) {
  set_segment_version(segment_, 1);
  expect_refused("its format is version 1, this Cairn reads from version 2 on");
}

TEST_F(FormatTest, ARecordFromBeforeTheFirstReleaseIsRefusedNotSkipped) {
  change_last_record(record_version_at, 1);
  expect_refused("its format is version 1, this Cairn reads from version 2 on");
}

TEST_F(FormatTest, ANewerSegmentInUseIsRefused) {
  set_segment_version(segment_, 3);
  expect_refused("its format is version 3, this Cairn reads up to 2");
}

TEST_F(FormatTest, ANewerSegmentThatTheCatalogDoesNotKnowIsRefused) {
  auto file = disk_.open(segments_ + "/99.seg", open_mode::create_new);
  ASSERT_TRUE((*file)->resize(4096));  // of another size than this journal's: it would be removed
  ASSERT_TRUE((*file)->write(encode_segment_header({{}, 99, 1, 4096, incarnation(9)}), 0));
  set_segment_version(segments_ + "/99.seg", 3);
  expect_refused("journal /state/journal, segments/99.seg: its format is version 3");
}

TEST_F(FormatTest, ABlockThatOnlyLooksLikeANewerSegmentIsDamage) {
  disk_.flip_bit(segment_, segment_version_at, 0);
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBADMSG);
}

TEST_F(FormatTest, ANewerRecordIsRefusedNotSkipped) {
  change_last_record(record_version_at, 3);
  expect_refused("its format is version 3, this Cairn reads up to 2");
}

TEST_F(FormatTest, ARecordOfAKindThatIsNotKnownIsRefusedNotSkipped) {
  change_last_record(record_kind_at, 77);
  expect_refused("it is of kind 77, which this Cairn does not know");
}

}  // namespace
}  // namespace cairn

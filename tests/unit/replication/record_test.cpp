// The header of a record: what docs/journal.md says is valid, and nothing else.
#include "replication/record.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"

namespace cairn {
namespace {

constexpr std::uint64_t salt = 0x1122334455667788;

byte_view hello() {
  static const char text[] = "hello";
  return {reinterpret_cast<const std::byte*>(text), 5};
}

record example() {
  record r;
  r.kind = record_kind::write;
  r.volume = 1;
  r.made_in = incarnation(2);
  r.seq = sequence(7);
  r.range = {8192, 5};
  r.data_length = 5;
  r.data_crc = crc32c(hello());
  r.durable_then = sequence(6);
  return r;
}

// Whether `r` is refused although its checksum is right.
bool refused(const record& r) { return !decode_header(encode_header(r, salt), salt); }

TEST(Record, TheExampleOfTheFormatDocumentIsWhatIsWritten) {
  const unsigned char expected[64] = {
      0x43, 0x52, 0x4e, 0x52, 0x01, 0x01, 0x00, 0x00, 0xf0, 0xec, 0x20, 0x1e, 0x01,
      0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00,
      0x4c, 0xbb, 0x71, 0x9a, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  const auto header = encode_header(example(), salt);
  EXPECT_EQ(0, std::memcmp(header.data(), expected, sizeof expected));
  EXPECT_EQ(decode_header(header, salt), example());
}

TEST(Record, AnotherSaltIsRefused) {
  const auto header = encode_header(example(), salt);
  EXPECT_FALSE(decode_header(header, salt + 1));
  EXPECT_FALSE(decode_header(header, 0));
  EXPECT_TRUE(decode_header(encode_header(example(), 0), 0));
}

TEST(Record, AnyFlippedBitIsRefused) {
  const auto good = encode_header(example(), salt);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_FALSE(decode_header(bad, salt)) << bit;
  }
}

TEST(Record, AShortHeaderIsRefused) {
  const auto good = encode_header(example(), salt);
  EXPECT_FALSE(decode_header(byte_view(good).first(63), salt));
  EXPECT_FALSE(decode_header({}, salt));
}

TEST(Record, ContradictionsUnderAGoodChecksumAreRefused) {
  const auto with = [](auto change) {
    auto r = example();
    change(r);
    return refused(r);
  };
  EXPECT_FALSE(with([](record&) {}));
  EXPECT_TRUE(with([](record& r) { r.kind = static_cast<record_kind>(0); }));
  EXPECT_TRUE(with([](record& r) { r.kind = static_cast<record_kind>(11); }));
  EXPECT_TRUE(with([](record& r) { r.made_in = {}; }));
  EXPECT_TRUE(with([](record& r) { r.seq = {}; }));
  EXPECT_TRUE(with([](record& r) { r.seq = sequence(1ULL << 63); }));
  EXPECT_TRUE(with([](record& r) { r.durable_then = sequence(7); }));
  EXPECT_TRUE(with([](record& r) { r.volume = 0; }));
  EXPECT_TRUE(with([](record& r) { r.range.length = 6; }));
  EXPECT_TRUE(with([](record& r) { r.range = {~0ULL, 5}; }));
  EXPECT_TRUE(with([](record& r) { r.data_length = 0; }));
  EXPECT_TRUE(with([](record& r) { r.kind = record_kind::marker; }));
  EXPECT_TRUE(with([](record& r) {
    r.range.length = record_data_max + 1;
    r.data_length = record_data_max + 1;
  }));
  EXPECT_TRUE(with([](record& r) {
    r.kind = record_kind::zero;  // with data
  }));
}

TEST(Record, AWholeHeaderOfAnotherVersionOrKindSaysSo) {
  auto r = example();
  EXPECT_EQ(unknown_in(encode_header(r, salt), salt), "");
  r.kind = static_cast<record_kind>(11);
  const auto other_kind = encode_header(r, salt);
  EXPECT_EQ(unknown_in(other_kind, salt), "it is of kind 11, which this Cairn does not know");
  EXPECT_EQ(unknown_in(other_kind, salt + 1), "") << "it may be anything";
  EXPECT_EQ(unknown_in(byte_view(other_kind).first(63), salt), "");

  auto newer = encode_header(example(), 0);
  newer[4] = std::byte{2};
  std::fill_n(newer.begin() + 8, 4, std::byte{});
  store_le(byte_span(newer), 8, crc32c(newer));
  EXPECT_FALSE(decode_header(newer, 0));
  EXPECT_EQ(unknown_in(newer, 0), "its format is version 2, this Cairn reads up to 1");
}

TEST(Record, TheBodyOfAMarkerComesBack) {
  const marker_body body{{marker_number(3), epoch(9)}, ~0ULL, 1};
  EXPECT_EQ(decode_marker_body(encode_marker_body(body)), body);
  EXPECT_FALSE(decode_marker_body(byte_view(encode_marker_body(body)).first(31)));
  EXPECT_FALSE(decode_marker_body(encode_marker_body({})));
}

TEST(Record, TheHashOfMembersDependsOnNamesAndNotOnTheirOrder) {
  EXPECT_EQ(hash_of_members({"m1", "m2"}), hash_of_members({"m2", "m1"}));
  EXPECT_NE(hash_of_members({"m1", "m2"}), hash_of_members({"m1"}));
  EXPECT_NE(hash_of_members({"m1", "m2"}), hash_of_members({"m1m2"}));
  EXPECT_NE(hash_of_members({"m", "1"}), hash_of_members({"m1", ""}));
}

}  // namespace
}  // namespace cairn

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
      0x43, 0x52, 0x4e, 0x52, 0x02, 0x01, 0x00, 0x00, 0x1d, 0x00, 0xec, 0x80, 0x01,
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
  EXPECT_TRUE(with([](record& r) { r.kind = static_cast<record_kind>(14); }));
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
  r.kind = static_cast<record_kind>(14);
  const auto other_kind = encode_header(r, salt);
  EXPECT_EQ(unknown_in(other_kind, salt), "it is of kind 14, which this Cairn does not know");
  EXPECT_EQ(unknown_in(other_kind, salt + 1), "") << "it may be anything";
  EXPECT_EQ(unknown_in(byte_view(other_kind).first(63), salt), "");

  auto newer = encode_header(example(), 0);
  newer[4] = std::byte{3};
  std::fill_n(newer.begin() + 8, 4, std::byte{});
  store_le(byte_span(newer), 8, crc32c(newer));
  EXPECT_FALSE(decode_header(newer, 0));
  EXPECT_EQ(unknown_in(newer, 0), "its format is version 3, this Cairn reads up to 2");

  auto older = encode_header(example(), 0);
  older[4] = std::byte{1};
  std::fill_n(older.begin() + 8, 4, std::byte{});
  store_le(byte_span(older), 8, crc32c(older));
  EXPECT_FALSE(decode_header(older, 0));
  EXPECT_EQ(unknown_in(older, 0), "its format is version 1, this Cairn reads from version 2 on");
}

TEST(Record, TheBodyOfAMarkerComesBack) {
  marker_body body{{marker_number(3), epoch(9)}, ~0ULL, 1};
  EXPECT_EQ(decode_marker_body(encode_marker_body(body)), body) << "of the first lineage";
  body.lineage.octets.fill(std::byte{7});
  const auto good = encode_marker_body(body);
  EXPECT_EQ(decode_marker_body(good), body);
  EXPECT_FALSE(decode_marker_body(byte_view(good).first(marker_body_bytes - 1)));
  EXPECT_FALSE(decode_marker_body(encode_marker_body({})));
  for (const std::size_t at : {0, 1, 7}) {
    auto bad = good;
    bad[at] ^= std::byte{2};
    EXPECT_FALSE(decode_marker_body(bad)) << "byte " << at;
  }
}

uuid some_id() {
  uuid id;
  id.octets.fill(std::byte{9});
  return id;
}

TEST(Record, TheBodyOfAResyncOrASwitchoverNamesIt) {
  const auto good = encode_named_body(some_id());
  EXPECT_EQ(decode_named_body(good), some_id());
  EXPECT_FALSE(decode_named_body(encode_named_body({}))) << "it names nothing";
  EXPECT_FALSE(decode_named_body(byte_view(good).first(23)));
  for (const std::size_t at : {0, 1, 7}) {
    auto bad = good;
    bad[at] ^= std::byte{2};
    EXPECT_FALSE(decode_named_body(bad)) << "byte " << at;
  }
}

TEST(Record, TheBodyOfAListOfMembersComesBackAndNothingElseIsOne) {
  const auto comes_back = [](const member_list& list) {
    return decode_member_list(encode_member_list(list)) == list;
  };
  EXPECT_TRUE(comes_back({1, {}}));
  EXPECT_TRUE(comes_back({7, {"m1", "m10", "m2", std::string(255, 'z')}}));
  EXPECT_FALSE(comes_back({0, {"m1"}})) << "versions count from 1";
  EXPECT_FALSE(comes_back({1, {"m2", "m1"}}));
  EXPECT_FALSE(comes_back({1, {"m1", "m1"}}));
  EXPECT_FALSE(comes_back({1, {""}}));
  const auto good = encode_member_list({1, {"m1", "m2"}});
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(decode_member_list(byte_view(good).first(n))) << n;
  auto longer = good;
  longer.push_back({});
  EXPECT_FALSE(decode_member_list(longer));
  auto other = good;
  other[0] = std::byte{2};
  EXPECT_FALSE(decode_member_list(other));
}

record void_range(std::uint64_t from, std::uint64_t to) {
  record r;
  r.kind = record_kind::void_range;
  r.made_in = incarnation(2);
  r.seq = sequence(to);
  r.range = {from, to - from + 1};
  r.durable_then = sequence(from - 1);
  r.data_length = named_body_bytes;
  return r;
}

TEST(Record, AVoidRangeStandsForTheSequencesThatItsHeaderNames) {
  const auto good = void_range(7, 1'000'000'000'000);
  EXPECT_EQ(decode_header(encode_header(good, salt), salt), good);
  EXPECT_EQ(first_of(good), sequence(7));
  EXPECT_EQ(first_of(example()), example().seq);
  EXPECT_FALSE(refused(void_range(7, 7)));
  const auto with = [&](auto change) {
    auto r = good;
    change(r);
    return refused(r);
  };
  EXPECT_TRUE(with([](record& r) { r.range.length += 1; })) << "it does not end at its sequence";
  EXPECT_TRUE(with([](record& r) { r.range = {}; }));
  EXPECT_TRUE(with([](record& r) { r.range = {0, r.seq.value + 1}; }));
  EXPECT_TRUE(with([](record& r) { r.range = {~0ULL, r.seq.value + 2}; }));
  EXPECT_TRUE(with([](record& r) { r.durable_then = sequence(7); })) << "inside of what is void";
  EXPECT_TRUE(with([](record& r) { r.volume = 1; }));
  EXPECT_TRUE(with([](record& r) { r.data_length = marker_body_bytes; }));
}

TEST(Record, ACopyHasItsBytesOrNone) {
  auto r = example();
  r.kind = record_kind::copy;
  EXPECT_FALSE(refused(r));
  EXPECT_TRUE(shows_in_volume(r));
  r.data_length = 0;
  EXPECT_FALSE(refused(r)) << "at a primary";
  EXPECT_FALSE(shows_in_volume(r));
  r.data_length = 4;
  EXPECT_TRUE(refused(r));
}

TEST(Record, EachKindHasABodyOfItsOwnSize) {
  for (const auto kind :
       {record_kind::resync_begin, record_kind::resync_end, record_kind::final_}) {
    record r;
    r.kind = kind;
    r.made_in = incarnation(1);
    r.seq = sequence(1);
    EXPECT_TRUE(refused(r)) << name_of(kind);
    r.data_length = named_body_bytes;
    EXPECT_FALSE(refused(r)) << name_of(kind);
    EXPECT_TRUE(valid_body(kind, encode_named_body(some_id())));
    EXPECT_FALSE(valid_body(kind, encode_named_body({})));
  }
}

TEST(Record, TheHashOfMembersDependsOnNamesAndNotOnTheirOrder) {
  EXPECT_EQ(hash_of_members({"m1", "m2"}), hash_of_members({"m2", "m1"}));
  EXPECT_NE(hash_of_members({"m1", "m2"}), hash_of_members({"m1"}));
  EXPECT_NE(hash_of_members({"m1", "m2"}), hash_of_members({"m1m2"}));
  EXPECT_NE(hash_of_members({"m", "1"}), hash_of_members({"m1", ""}));
}

}  // namespace
}  // namespace cairn

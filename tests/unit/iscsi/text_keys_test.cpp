#include "iscsi/text_keys.h"

#include <gtest/gtest.h>

namespace cairn::iscsi {
namespace {

bytes raw(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

std::string refused(std::string_view text) {
  const auto parsed = parse_text(raw(text));
  return parsed ? "" : parsed.error().text;
}

TEST(TextKeys, PairsAreReadInTheirOrderAndEncodedBack) {
  const text_list pairs{{"A", "1"}, {"X-com.example", "a=b,c"}, {"Empty", ""}};
  const auto text = encode_text(pairs);
  EXPECT_EQ(text, raw(std::string_view("A=1\0X-com.example=a=b,c\0Empty=\0", 31)));
  EXPECT_EQ(parse_text(text), pairs);
  EXPECT_EQ(parse_text({}), text_list{});
}

TEST(TextKeys, MoreThanOneNulBetweenPairsSaysNothing) {
  EXPECT_EQ(parse_text(raw(std::string_view("\0A=1\0\0B=2\0\0\0", 12))),
            (text_list{{"A", "1"}, {"B", "2"}}));
}

TEST(TextKeys, WhatIsNoListOfPairsIsRefused) {
  EXPECT_EQ(refused("A=1"), "text without a final NUL");
  EXPECT_EQ(refused(std::string_view("A\0", 2)), "text without `=`");
  EXPECT_EQ(refused(std::string_view("=1\0", 3)), "text with a key that is none");
  EXPECT_EQ(refused(std::string_view("1A=1\0", 5)), "text with a key that is none");
  EXPECT_EQ(refused(std::string_view("A B=1\0", 6)), "text with a key that is none");
  EXPECT_EQ(refused(std::string_view("A=1\0A=1\0", 8)), "the key A is there twice");
}

TEST(TextKeys, BoundsAreExact) {
  const auto pair = [](std::size_t key, std::size_t value) {
    return encode_text({{std::string(key, 'K'), std::string(value, 'v')}});
  };
  EXPECT_TRUE(parse_text(pair(63, 8192)));
  EXPECT_FALSE(parse_text(pair(64, 1)));
  EXPECT_FALSE(parse_text(pair(1, 8193)));
  text_list many;
  for (int i = 0; i < 64; ++i) many.push_back({"K" + std::to_string(i), ""});
  EXPECT_TRUE(parse_text(encode_text(many)));
  many.push_back({"More", ""});
  EXPECT_FALSE(parse_text(encode_text(many)));
  EXPECT_TRUE(parse_text(bytes(text_bytes_max)));
  EXPECT_FALSE(parse_text(bytes(text_bytes_max + 1)));
}

TEST(TextKeys, NumbersAreDecimalOrHexadecimalWithinTheirBounds) {
  constexpr number_bounds b{512, 16777215};
  EXPECT_EQ(number_value("512", b), 512u);
  EXPECT_EQ(number_value("16777215", b), 16777215u);
  EXPECT_EQ(number_value("0xFFffFF", b), 16777215u);
  EXPECT_EQ(number_value("0X0200", b), 512u);
  EXPECT_EQ(number_value("0", {0, 5}), 0u);
  for (const auto* bad : {"", "511", "16777216", "0x1000000", "0512", "+512", "-1", " 512", "512 ",
                          "5k", "0x", "0b", "99999999999999999999999999"}) {
    EXPECT_FALSE(number_value(bad, b)) << bad;
  }
  EXPECT_EQ(number_value("18446744073709551615", {0, ~0ULL}), ~0ULL);
  EXPECT_FALSE(number_value("18446744073709551616", {0, ~0ULL}));
}

TEST(TextKeys, BinaryValuesAreHexadecimalOrBase64) {
  EXPECT_EQ(binary_value("0x00ffA5", 3), raw(std::string_view("\0\xff\xa5", 3)));
  EXPECT_EQ(binary_value("0bTWFu", 3), raw("Man"));
  EXPECT_EQ(binary_value("0BTWE=", 2), raw("Ma"));
  EXPECT_EQ(binary_value("0bTQ==", 1), raw("M"));
  EXPECT_EQ(hex_value(raw("\x01\xfe")), "0x01fe");
}

TEST(TextKeys, BinaryValuesThatAreNoneOrTooLongAreRefused) {
  for (const auto* bad : {"", "0x", "0x1", "0xfg", "12", "0b", "0bTWF",
                          "0bTWFu=", "0b====", "0bTR==", "0bTWF=", "0bT===", "0bTW=u", "0bT Fu",
                          "0x0102030405", "0bAAAAAAA="}) {
    EXPECT_FALSE(binary_value(bad, 4)) << bad;
  }
}

TEST(TextKeys, ListsKeepEmptyItems) {
  EXPECT_EQ(list_value("a,,b"), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(list_value(""), (std::vector<std::string_view>{""}));
}

TEST(TextKeys, ATextInPartsIsPutTogetherUpToItsBound) {
  gathered_text text;
  EXPECT_TRUE(text.add(raw("Ab=")));
  EXPECT_TRUE(text.add(raw(std::string_view("1\0", 2))));
  EXPECT_EQ(text.take(), raw(std::string_view("Ab=1\0", 5)));
  EXPECT_TRUE(text.empty());
  EXPECT_TRUE(text.add(bytes(text_bytes_max)));
  EXPECT_FALSE(text.add(bytes(1)));
}

TEST(TextKeys, ALongTextLeavesInParts) {
  parted_text text;
  text.put(raw("abcde"));
  EXPECT_EQ(text.next(3), raw("abc"));
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.next(3), raw("de"));
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace cairn::iscsi

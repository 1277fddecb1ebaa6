// Frames: what goes in comes out, and nothing from outside gets further than a sentence.
#include "replication/wire.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "base/crc32c.h"
#include "samples.h"

namespace cairn {
namespace {

struct parts {
  byte_view prefix, head, body;
};

parts split(const bytes& frame) {
  const byte_view all(frame);
  const auto sizes = decode_prefix(all.first(frame_prefix_bytes));
  EXPECT_TRUE(sizes);
  EXPECT_EQ(all.size(), frame_prefix_bytes + sizes->head + sizes->body);
  return {all.first(frame_prefix_bytes), all.subspan(frame_prefix_bytes, sizes->head),
          all.subspan(frame_prefix_bytes + sizes->head)};
}

result<link_message> decode_link_frame(const bytes& frame) {
  const parts p = split(frame);
  return decode_link(p.prefix, p.head, p.body);
}

result<control_message> decode_control_frame(const bytes& frame) {
  const parts p = split(frame);
  return decode_control(p.prefix, p.head);
}

// Gives a frame the checksum that its first 12 bytes and its head ask for.
void seal(bytes& frame) {
  const std::size_t head =
      std::min<std::size_t>(load_le<std::uint32_t>(frame, 4), frame.size() - frame_prefix_bytes);
  const byte_view all(frame);
  store_le(frame, 12, crc32c(all.subspan(frame_prefix_bytes, head), crc32c(all.first(12))));
}

// Mostly in the head, where the fields are.
std::size_t mutated_position(std::mt19937& random, std::size_t size) {
  const std::size_t from = random() % 8 == 0 || size == frame_prefix_bytes ? 0 : frame_prefix_bytes;
  return from + random() % (std::min<std::size_t>(size, 600) - from);
}

// What a reader does with bytes from a socket: all the ways in which they can be refused.
bool survives(byte_view all) {
  if (all.size() < frame_prefix_bytes) return true;
  const auto sizes = decode_prefix(all.first(frame_prefix_bytes));
  if (!sizes) return sizes.error().code == EPROTO;
  const byte_view rest = all.subspan(frame_prefix_bytes);
  if (rest.size() < sizes->head + sizes->body) return true;
  const auto link = decode_link(all.first(frame_prefix_bytes), rest.first(sizes->head),
                                rest.subspan(sizes->head, sizes->body));
  const auto control = decode_control(all.first(frame_prefix_bytes), rest.first(sizes->head));
  return (link || link.error().code == EPROTO) && (control || control.error().code == EPROTO);
}

void expect_refused(const link_message& m, const std::string& because) {
  const auto decoded = decode_link_frame(encode(m));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, EPROTO);
  EXPECT_NE(decoded.error().text.find(because), std::string::npos) << decoded.error().text;
}

TEST(wire, every_link_message_comes_out_as_it_went_in) {
  for (const link_message& m : samples::link_messages()) {
    const auto decoded = decode_link_frame(encode(m));
    ASSERT_TRUE(decoded) << decoded.error().text;
    EXPECT_TRUE(*decoded == m) << "message " << m.index();
  }
}

TEST(wire, every_control_message_comes_out_as_it_went_in) {
  for (const control_message& m : samples::control_messages()) {
    const auto decoded = decode_control_frame(encode(m));
    ASSERT_TRUE(decoded) << decoded.error().text;
    EXPECT_TRUE(*decoded == m) << "message " << m.index();
  }
}

TEST(wire, the_example_of_the_document_is_what_a_heartbeat_looks_like) {
  const bytes frame = encode(link_message(link_heartbeat{sequence(300), sequence(2)}));
  std::string hex;
  for (const std::byte b : frame) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", std::to_integer<unsigned>(b));
    hex += two;
  }
  EXPECT_EQ(hex, "43726e3107000000000000005d5b9ab6320508ac021002");
}

TEST(wire, a_flipped_bit_anywhere_before_the_body_is_refused) {
  const bytes good = encode(link_message(samples::a_stretch()));
  const parts p = split(good);
  for (std::size_t bit = 0; bit < (frame_prefix_bytes + p.head.size()) * 8; ++bit) {
    bytes bad = good;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    const byte_view all(bad);
    const auto decoded =
        decode_link(all.first(frame_prefix_bytes), all.subspan(frame_prefix_bytes, p.head.size()),
                    all.subspan(frame_prefix_bytes + p.head.size()));
    ASSERT_FALSE(decoded) << "bit " << bit;
    ASSERT_EQ(decoded.error().code, EPROTO);
  }
}

TEST(wire, a_frame_that_is_cut_short_is_refused) {
  const bytes good = encode(link_message(samples::a_hello()));
  const parts p = split(good);
  for (std::size_t size = 0; size < p.head.size(); ++size)
    ASSERT_FALSE(decode_link(p.prefix, p.head.first(size), bytes()));
  for (std::size_t size = 0; size < frame_prefix_bytes; ++size)
    ASSERT_FALSE(decode_prefix(p.prefix.first(size)));
}

TEST(wire, sizes_beyond_the_bounds_are_refused_before_anything_is_allocated) {
  bytes frame = encode(link_message(link_heartbeat{}));
  store_le<std::uint32_t>(frame, 4, frame_head_max + 1);
  EXPECT_EQ(decode_prefix(byte_view(frame).first(frame_prefix_bytes)).error().code, EPROTO);
  store_le<std::uint32_t>(frame, 4, 10);
  store_le<std::uint32_t>(frame, 8, stretch_bytes_max + 1);
  EXPECT_EQ(decode_prefix(byte_view(frame).first(frame_prefix_bytes)).error().code, EPROTO);
}

TEST(wire, what_a_browser_or_a_scanner_sends_is_not_a_frame) {
  const std::string get = "GET / HTTP/1.1\r\n";
  const auto sizes = decode_prefix(std::as_bytes(std::span(get)));
  ASSERT_FALSE(sizes);
  EXPECT_NE(sizes.error().text.find("magic"), std::string::npos);
}

TEST(wire, numbers_that_the_catalog_cannot_hold_are_refused) {
  expect_refused(link_heartbeat{sequence(1ULL << 63), {}}, "finished is 2^63 or more");
}

TEST(wire, names_that_are_empty_long_or_not_printable_are_refused) {
  hello m = samples::a_hello();
  m.group = "";
  expect_refused(m, "group is empty");
  m.group = std::string(256, 'x');
  expect_refused(m, "group is longer");
  m.group = "two\nlines";
  expect_refused(m, "group is not printable");
  m.group = "\xc3\x28";
  expect_refused(m, "group is not printable");
}

TEST(wire, lists_beyond_the_bounds_are_refused) {
  hello m = samples::a_hello();
  m.lineages.resize(4097);
  expect_refused(m, "lineages has more than");
  m = samples::a_hello();
  m.starts.resize(65537);
  expect_refused(m, "starts has more than");
  m = samples::a_hello();
  m.volumes.resize(1025, m.volumes.front());
  expect_refused(m, "volumes has more than");
}

TEST(wire, gaps_that_do_not_ascend_inside_their_stretch_are_refused) {
  stretch m = samples::a_stretch();
  m.gaps = {{sequence(12), sequence(12)}, {sequence(12), sequence(13)}};
  expect_refused(m, "gaps do not ascend");
  m.gaps = {{sequence(9), sequence(10)}};
  expect_refused(m, "gaps do not ascend");
  m.gaps = {{sequence(20), sequence(21)}};
  expect_refused(m, "gaps do not ascend");
}

TEST(wire, a_stretch_of_gaps_only_is_bounded_in_records) {
  stretch m = samples::a_stretch();
  m.last = sequence(m.first.value + stretch_records_max);
  expect_refused(m, "last is too far");
  m.last = m.first.previous();
  m.gaps.clear();
  expect_refused(m, "first is not");
}

TEST(wire, an_unknown_refusal_code_is_refused) {
  expect_refused(refusal{static_cast<refusal_code>(77), "", {}}, "unknown value 77");
}

TEST(wire, a_control_message_is_not_taken_for_a_link_message) {
  const bytes frame = encode(control_message(samples::a_status()));
  const auto decoded = decode_link_frame(frame);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, EPROTO);
}

TEST(wire, a_sentence_is_made_fit_before_it_is_sent) {
  const std::string odd = "pread \xff/x\n: " + std::string(2000, 'e');
  const auto decoded = decode_link_frame(encode(link_message(link_damage{sequence(1), odd})));
  ASSERT_TRUE(decoded) << decoded.error().text;
  const std::string what = std::get<link_damage>(*decoded).what;
  EXPECT_EQ(what.substr(0, 12), "pread ?/x?: ");
  EXPECT_EQ(what.size(), 1024U);
}

TEST(wire, a_report_of_too_many_markers_keeps_the_newest) {
  reported m;
  m.markers.resize(65537);
  m.markers.back().at = sequence(7);
  const auto decoded = decode_control_frame(encode(control_message(m)));
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(std::get<reported>(*decoded).markers.size(), 65536U);
  EXPECT_EQ(std::get<reported>(*decoded).markers.back().at, sequence(7));
}

TEST(wire, twenty_thousand_mutations_of_each_message_end_in_a_message_or_a_sentence) {
  std::mt19937 random(7);
  std::vector<bytes> frames;
  for (const link_message& m : samples::link_messages()) frames.push_back(encode(m));
  for (const control_message& m : samples::control_messages()) frames.push_back(encode(m));
  for (const bytes& good : frames)
    for (int i = 0; i < 20000; ++i) {
      bytes bad = good;
      for (unsigned n = 1 + random() % 4; n > 0; --n)
        bad[mutated_position(random, bad.size())] = static_cast<std::byte>(random());
      if (random() % 4 != 0) seal(bad);  // so that most get past the checksum
      if (random() % 4 == 0) bad.resize(random() % bad.size());
      ASSERT_TRUE(survives(bad));
    }
}

}  // namespace
}  // namespace cairn

// What a gateway tells of its volumes' hosts: bounded on the way out and on the way in.
#include <gtest/gtest.h>

#include <cerrno>

#include "base/crc32c.h"
#include "replication/wire.h"
#include "samples.h"

namespace cairn {
namespace {

result<control_message> decoded_from(const bytes& frame) {
  const byte_view all(frame);
  return decode_control(all.first(frame_prefix_bytes), all.subspan(frame_prefix_bytes));
}

TEST(wire_status, more_exports_or_sessions_than_fit_are_left_out) {
  member_status m = samples::a_status();
  m.volumes[0].exports.resize(17, "nbd://10.0.0.1:10809/data");
  m.volumes[0].sessions.resize(257, {"iqn.x:a", "10.0.0.2:1", 1});
  const auto decoded = decoded_from(encode(control_message(m)));
  ASSERT_TRUE(decoded) << decoded.error().text;
  const auto& volume = std::get<member_status>(*decoded).volumes[0];
  EXPECT_EQ(volume.exports.size(), 16U);
  EXPECT_EQ(volume.sessions.size(), 256U);
}

TEST(wire_status, what_destaging_waits_for_is_told_and_absent_it_is_empty) {
  member_status m = samples::a_status();
  m.destage_trouble = "destaging waits: pwritev v1.img: No space left on device";
  const auto decoded = decoded_from(encode(control_message(m)));
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(std::get<member_status>(*decoded), m);
  m.destage_trouble.clear();
  EXPECT_EQ(std::get<member_status>(*decoded_from(encode(control_message(m)))), m);
}

// ---- what no gateway of ours sends: fields of protobuf, made by hand
std::string varint(std::uint64_t n) {
  std::string out;
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(0x80 | (n & 0x7f));
  return out + static_cast<char>(n);
}
std::string field(unsigned number, const std::string& text) {
  return varint(number << 3 | 2) + varint(text.size()) + text;
}
std::string field(unsigned number, std::uint64_t amount) {
  return varint(number << 3) + varint(amount);
}
std::string times(int n, const std::string& text) {
  std::string out;
  while (n-- > 0) out += text;
  return out;
}

// A good status with one volume, which has these fields besides.
result<control_message> status_with(const std::string& more) {
  const auto one = [](unsigned number) { return field(number, std::uint64_t{1}); };
  const auto volume = field(1, std::string("data")) + more;
  const auto status = field(1, "bank") + field(2, "m1") + one(4) + one(6) + field(36, volume);
  const auto head = field(16, status);
  bytes frame = encode(control_message(status_request{}));
  frame.resize(frame_prefix_bytes);
  for (const char c : head) frame.push_back(static_cast<std::byte>(c));
  store_le(frame, 4, static_cast<std::uint32_t>(head.size()));
  const byte_view all(frame);
  store_le(frame, 12, crc32c(all.subspan(frame_prefix_bytes), crc32c(all.first(12))));
  return decoded_from(frame);
}

void expect_refused(const std::string& more, const std::string& sentence) {
  const auto decoded = status_with(more);
  ASSERT_FALSE(decoded) << sentence;
  EXPECT_EQ(decoded.error().code, EPROTO);
  EXPECT_NE(decoded.error().text.find(sentence), std::string::npos) << decoded.error().text;
}

TEST(wire_status, of_a_gateway_that_tells_no_hosts_is_taken) {
  const auto decoded = status_with("");
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_TRUE(std::get<member_status>(*decoded).volumes.at(0).exports.empty());
  EXPECT_TRUE(status_with(times(16, field(9, "nbd://a:1/b")) + times(256, field(11, ""))));
}

TEST(wire_status, exports_and_sessions_beyond_the_bounds_are_refused) {
  expect_refused(times(17, field(9, "nbd://a:1/b")), "exports has more than 16");
  expect_refused(times(257, field(11, "")), "sessions has more than 256");
  expect_refused(field(9, std::string(1025, 'x')), "export is longer");
  expect_refused(field(10, "one\nway"), "chap is not printable");
  expect_refused(field(11, field(1, "\x1b[2J")), "initiator is not printable");
  expect_refused(field(11, field(2, std::string(1025, '1'))), "address is longer");
  expect_refused(field(11, field(3, 1ULL << 63)), "tasks is 2^63 or more");
}

}  // namespace
}  // namespace cairn

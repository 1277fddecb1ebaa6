// The messages of resyncs, fencing and switchovers: what is sent is what is read, and what breaks a
// bound is refused with a sentence.
#include "replication/wire_life.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "life_samples.h"
#include "replication/wire.h"

namespace cairn {
namespace {

byte_view prefix_of(const bytes& frame) { return byte_view(frame).first(frame_prefix_bytes); }
byte_view head_of(const bytes& frame) { return byte_view(frame).subspan(frame_prefix_bytes); }

result<link_life_message> trip(const link_life_message& m) {
  const auto frame = encode_life(m);
  return decode_link_life(prefix_of(frame), head_of(frame));
}
result<control_life_message> trip(const control_life_message& m) {
  const auto frame = encode_life(m);
  return decode_control_life(prefix_of(frame), head_of(frame));
}

template <class M>
void expect_refused(const M& m, const std::string& sentence) {
  const auto read = trip(m);
  ASSERT_FALSE(read) << sentence;
  EXPECT_EQ(read.error().code, EPROTO);
  EXPECT_EQ(read.error().text, sentence);
}
void link_refused(const link_life_message& m, const std::string& why) { expect_refused(m, why); }
void control_refused(const control_life_message& m, const std::string& why) {
  expect_refused(m, why);
}

TEST(wire_life, each_message_comes_back) {
  for (const auto& m : samples::link_life_messages()) {
    const auto read = trip(m);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_TRUE(*read == m) << m.index();
  }
  for (const auto& m : samples::control_life_messages()) {
    const auto read = trip(m);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_TRUE(*read == m) << m.index();
  }
}

// Nobody takes them yet: who gets one ends the connection.
TEST(wire_life, the_link_and_the_coordinators_of_today_refuse_them_all) {
  for (const auto& m : samples::link_life_messages()) {
    const auto frame = encode_life(m);
    EXPECT_FALSE(decode_link(prefix_of(frame), head_of(frame), byte_view()));
  }
  for (const auto& m : samples::control_life_messages()) {
    const auto frame = encode_life(m);
    EXPECT_FALSE(decode_control(prefix_of(frame), head_of(frame)));
  }
  const auto heartbeat = encode(link_message(link_heartbeat{}));
  EXPECT_FALSE(decode_link_life(prefix_of(heartbeat), head_of(heartbeat)));
}

TEST(wire_life, a_damaged_frame_is_refused) {
  auto frame = encode_life(samples::link_life_messages()[0]);
  frame.back() ^= std::byte{1};
  EXPECT_FALSE(decode_link_life(prefix_of(frame), head_of(frame)));
}

TEST(wire_life, regions_ascend_within_a_volume) {
  const std::string why = "needed regions: runs do not ascend within a volume";
  link_refused(needed_regions{1, {{5, 2}, {6, 1}}, false}, why);
  link_refused(needed_regions{1, {{5, 2}, {7, 1}}, false}, why);  // one run, said as two
  link_refused(needed_regions{1, {{5, 0}}, false}, why);
  link_refused(needed_regions{1, {{1ULL << 47, 1}}, false}, why);
  link_refused(needed_regions{0, {}, false}, "needed regions: volume is out of bounds");
  link_refused(needed_regions{1025, {}, false}, "needed regions: volume is out of bounds");
  needed_regions many{1, {}, true};
  for (std::uint64_t i = 0; i <= wire_runs_max; ++i) many.runs.push_back({2 * i, 1});
  link_refused(many, "needed regions: runs has more than 131072 entries");
  many.runs.pop_back();
  EXPECT_TRUE(trip(link_life_message(many)));
}

TEST(wire_life, digests_are_of_whole_blocks_and_one_for_each) {
  auto asked = std::get<digests_wanted>(samples::link_life_messages()[1]);
  asked.range.length = 4095;
  link_refused(asked, "question for digests: range is not of whole blocks");
  asked.range.length = 0;
  link_refused(asked, "question for digests: range is empty or longer than 64 MiB");
  asked.range.length = (64U << 20) + 4096;
  link_refused(asked, "question for digests: range is empty or longer than 64 MiB");
  asked.range.length = 64U << 20;
  EXPECT_TRUE(trip(link_life_message(asked)));
  asked.marker = samples::marker(3);
  link_refused(asked, "question for digests: resync and marker are not one of the two");

  auto told = std::get<digests>(samples::link_life_messages()[3]);
  told.all.pop_back();
  link_refused(told, "digests: all is not one for each block");
  told.all.clear();
  EXPECT_TRUE(trip(link_life_message(told))) << "not now";
}

TEST(wire_life, what_names_nothing_is_refused) {
  link_life_message demand = switchover_demand{samples::id(1)};
  EXPECT_TRUE(trip(demand));
  control_refused(drop{{}, samples::marker(1), {}}, "DROP: selection_epoch is missing");
  control_refused(fence{samples::id(1), 0}, "FENCE: generation is that of the first lineage");
  control_refused(final_stored{samples::id(1), {}}, "FINAL STORED: at is missing");
  control_refused(commit_switchover{{}, samples::id(1), samples::id(2)},
                  "COMMIT: selection_epoch is missing");
  control_refused(fence{samples::id(1), 1ULL << 63}, "FENCE: generation is 2^63 or more");
}

}  // namespace
}  // namespace cairn

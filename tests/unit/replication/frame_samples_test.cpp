// What each version put on the wire and into records is read today as what it was, and written
// today in the same way: tests/samples/VERSION/frames.txt.
#include <gtest/gtest.h>

#include <algorithm>

#include "replication/wire.h"
#include "tests/samples/sampled.h"

namespace cairn {
namespace {

class FrameSamples : public testing::TestWithParam<const char*> {
 protected:
  std::vector<bytes> lines(const std::string& word) const {
    return samples::sampled(
        CAIRN_SOURCE_DIR "/tests/samples/" + std::string(GetParam()) + "/frames.txt", word);
  }
};

TEST_P(FrameSamples, LinkFramesSayWhatTheySaidAndAreWrittenAlike) {
  const auto frames = lines("link");
  const auto expected = samples::link_messages();
  ASSERT_EQ(frames.size(), expected.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const byte_view frame(frames[i]);
    const auto prefix = frame.first(frame_prefix_bytes);
    const auto sizes = decode_prefix(prefix);
    ASSERT_TRUE(sizes) << sizes.error().text;
    const auto head = frame.subspan(frame_prefix_bytes, sizes->head);
    const auto message = decode_link(prefix, head, frame.subspan(frame_prefix_bytes + sizes->head));
    ASSERT_TRUE(message) << message.error().text;
    EXPECT_TRUE(*message == expected[i]) << "link message " << i;
    EXPECT_TRUE(encode(*message) == frames[i]) << "link message " << i;
  }
}

TEST_P(FrameSamples, ControlFramesSayWhatTheySaidAndAreWrittenAlike) {
  const auto frames = lines("control");
  const auto expected = samples::control_messages();
  ASSERT_EQ(frames.size(), expected.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const byte_view frame(frames[i]);
    const auto message =
        decode_control(frame.first(frame_prefix_bytes), frame.subspan(frame_prefix_bytes));
    ASSERT_TRUE(message) << message.error().text;
    EXPECT_TRUE(*message == expected[i]) << "control message " << i;
    EXPECT_TRUE(encode(*message) == frames[i]) << "control message " << i;
  }
}

TEST_P(FrameSamples, HeadersOfRecordsSayWhatTheySaidAndAreWrittenAlike) {
  const auto headers = lines("record");
  const auto expected = samples::records();
  ASSERT_EQ(headers.size(), expected.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    EXPECT_EQ(decode_header(headers[i], samples::record_salt), expected[i]);
    EXPECT_TRUE(std::ranges::equal(encode_header(expected[i], samples::record_salt), headers[i]));
  }
  const auto bodies = lines("marker-body");
  ASSERT_EQ(bodies.size(), 1u);
  EXPECT_EQ(decode_marker_body(bodies[0]), samples::a_marker_body());
}

INSTANTIATE_TEST_SUITE_P(versions, FrameSamples, testing::Values("0.1.0"), [](const auto& version) {
  std::string name = version.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

}  // namespace
}  // namespace cairn

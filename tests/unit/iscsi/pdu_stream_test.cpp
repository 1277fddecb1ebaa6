// What the output queue sends, the stream reads again, however TCP cuts it.
#include <gtest/gtest.h>

#include <cstring>

#include "iscsi/output_queue.h"
#include "iscsi/pdu_stream.h"

namespace cairn::iscsi {
namespace {

constexpr std::uint32_t data_max = 64 << 10;

bytes content(std::size_t n, int seed = 1) {
  bytes out(n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<std::byte>(i * 7 + i / 251 + static_cast<std::size_t>(seed));
  return out;
}

bytes drained(output_queue& out, std::size_t at_once) {
  bytes all;
  while (!out.empty()) {
    std::size_t taken = 0;
    for (const auto& part : out.front(96)) {
      const auto n = std::min(part.iov_len, at_once - taken);
      const auto* p = static_cast<const std::byte*>(part.iov_base);
      all.insert(all.end(), p, p + n);
      taken += n;
    }
    out.sent(taken);
  }
  return all;
}

// Feeds at most `at_once` bytes a time.
void feed(pdu_stream& in, byte_view& from, std::size_t at_once) {
  std::size_t n = 0;
  for (const auto& part : in.room()) {
    const auto now = std::min({part.iov_len, from.size() - n, at_once - n});
    std::memcpy(part.iov_base, from.data() + n, now);
    n += now;
  }
  in.received(n);
  from = from.subspan(n);
}

struct cut {
  bool header_digest, data_digest, placed;
  std::size_t at_once;
};

class PduStreamTest : public testing::TestWithParam<cut> {};

TEST_P(PduStreamTest, ReadsWhatWasSentHoweverItIsCut) {
  const auto c = GetParam();
  output_queue out;
  out.use_digests(c.header_digest, c.data_digest);
  const std::vector<std::size_t> sizes{0, 1, 3, 4, 5, 512, 20'000, data_max, 17, data_max - 1, 0};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    header h(opcode::data_out);
    h.set(field::task_tag, i, 4);
    out.push({h, content(sizes[i], static_cast<int>(i))});
  }
  const auto wire = drained(out, c.at_once);
  pdu_stream in(data_max);
  in.use_digests(c.header_digest, c.data_digest);
  bytes elsewhere(data_max);
  const auto place = [&](const header& h) {
    if (!c.placed) return pdu_stream::place();
    return pdu_stream::place{byte_span(elsewhere).first(h.data_length()), nullptr};
  };
  std::size_t found = 0;
  for (byte_view left(wire); found < sizes.size();) {
    const auto p = in.next(place);
    ASSERT_TRUE(p) << p.error().text;
    if (!*p) {
      ASSERT_FALSE(left.empty());
      feed(in, left, c.at_once);
      continue;
    }
    EXPECT_EQ((*p)->head.task_tag(), found);
    EXPECT_TRUE(std::ranges::equal((*p)->data, content(sizes[found], static_cast<int>(found))));
    ++found;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, PduStreamTest,
                         testing::Values(cut{false, false, false, 1}, cut{true, true, false, 7},
                                         cut{true, true, true, 7}, cut{false, true, true, 4096},
                                         cut{true, false, true, 100'000},
                                         cut{true, true, true, 1 << 20},
                                         cut{false, false, true, 33'333}));

pdu_stream fed(byte_view wire) {
  pdu_stream in(data_max);
  in.use_digests(true, true);
  feed(in, wire, wire.size());
  return in;
}

bytes one_with_digests(std::size_t n) {
  output_queue out;
  out.use_digests(true, true);
  out.push({header(opcode::data_out), content(n)});
  return drained(out, 1 << 20);
}

const auto nowhere = [](const header&) { return pdu_stream::place(); };

TEST(PduStream, ABitThatFlippedInTheHeaderIsNoticed) {
  auto wire = one_with_digests(100);
  wire[17] ^= std::byte{1};
  const auto p = fed(wire).next(nowhere);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().what, stream_error::kind::header_digest);
}

TEST(PduStream, ABitThatFlippedInTheDataOrItsPaddingIsNoticed) {
  for (const std::size_t at : {52u, 151u, 152u}) {
    auto wire = one_with_digests(101);
    wire[at] ^= std::byte{0x80};
    const auto p = fed(wire).next(nowhere);
    ASSERT_FALSE(p) << at;
    EXPECT_EQ(p.error().what, stream_error::kind::data_digest);
  }
}

TEST(PduStream, ALengthBeyondWhatWasAgreedOnIsRefusedBeforeAnyDataIsAwaited) {
  header h(opcode::data_out);
  h.set(field::data_length, data_max + 1, 3);
  pdu_stream in(data_max);
  byte_view wire = h.view();
  feed(in, wire, wire.size());
  const auto p = in.next(nowhere);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().what, stream_error::kind::format);
}

TEST(PduStream, MemoryThatDataIsReceivedInStaysWhileItIs) {
  auto wire = one_with_digests(40'000);
  auto elsewhere = std::make_shared<bytes>(40'000);
  const std::weak_ptr<bytes> watched = elsewhere;
  pdu_stream in(data_max);
  in.use_digests(true, true);
  byte_view left(wire);
  feed(in, left, 1000);
  const auto place = [&](const header&) {
    const byte_span where(*elsewhere);
    return pdu_stream::place{where, std::exchange(elsewhere, nullptr)};
  };
  ASSERT_TRUE(in.next(place));
  EXPECT_FALSE(watched.expired()) << "the task has gone, but its data is still coming";
  feed(in, left, left.size());
  const auto p = in.next(place);
  ASSERT_TRUE(p && *p);
  EXPECT_TRUE(std::ranges::equal((*p)->data, content(40'000)));
}

TEST(PduStream, WhoKeepsTheBufferSeesHisBytesAfterRenew) {
  auto wire = one_with_digests(100);
  auto in = fed(wire);
  const auto p = in.next(nowhere);
  ASSERT_TRUE(p && *p);
  const auto keep = in.buffer();
  in.renew();
  byte_view again(wire);
  feed(in, again, again.size());
  EXPECT_TRUE(std::ranges::equal((*p)->data, content(100)));
  EXPECT_TRUE(in.next(nowhere));
}

}  // namespace
}  // namespace cairn::iscsi

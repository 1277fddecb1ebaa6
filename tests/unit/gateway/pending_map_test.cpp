#include "gateway/volume/pending_map.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn {
namespace {

record made(std::uint64_t seq, std::uint64_t offset, std::uint64_t length,
            record_kind kind = record_kind::write) {
  record r;
  r.kind = kind;
  r.seq = sequence(seq);
  r.range = {offset, length};
  return r;
}

TEST(pending_map, LaterRecordWinsWhateverTheOrderOfInsertion) {
  pending_map m;
  m.insert(made(7, 100, 100), {1, 7});
  m.insert(made(5, 50, 200), {1, 5});
  const auto found = m.lookup({0, 1000});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].seq, sequence(5));
  EXPECT_EQ(found[1].seq, sequence(7));
  EXPECT_EQ(found[2].seq, sequence(5));
  EXPECT_EQ(found[2].skip, 150U);
}

TEST(pending_map, LookupClipsToTheRangeAskedFor) {
  pending_map m;
  m.insert(made(1, 0, 4096), {1, 0});
  const auto found = m.lookup({512, 1024});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].range, (byte_range{512, 1024}));
  EXPECT_EQ(found[0].skip, 512U);
}

TEST(pending_map, EraseRemovesOnlyTheRecordNamed) {
  pending_map m;
  m.insert(made(1, 0, 300), {1, 0});
  m.insert(made(2, 100, 100), {1, 9});
  m.erase({0, 300}, sequence(1));
  const auto found = m.lookup({0, 1000});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].seq, sequence(2));
}

TEST(pending_map, EqualsAnArrayOfBytesOverRandomRecordsInRandomOrder) {
  std::mt19937 random(7);
  for (int run = 0; run < 200; ++run) {
    std::vector<record> records;
    for (std::uint64_t s = 1; s <= 20; ++s)
      records.push_back(made(s, random() % 64, 1 + random() % 32,
                             random() % 4 == 0 ? record_kind::zero : record_kind::write));
    std::shuffle(records.begin(), records.end(), random);
    pending_map m;
    std::vector<std::uint64_t> owner(128, 0), skip(128, 0);
    for (const auto& r : records) {
      m.insert(r, {1, r.seq.value});
      for (auto b = r.range.offset; b < r.range.end(); ++b)
        if (owner[b] < r.seq.value) owner[b] = r.seq.value, skip[b] = b - r.range.offset;
    }
    std::vector<std::uint64_t> seen(128, 0);
    for (const auto& e : m.lookup({0, 128}))
      for (auto b = e.range.offset; b < e.range.end(); ++b) {
        seen[b] = e.seq.value;
        EXPECT_EQ(e.skip + (b - e.range.offset), skip[b]);
      }
    ASSERT_EQ(seen, owner) << "run " << run;
  }
}

}  // namespace
}  // namespace cairn

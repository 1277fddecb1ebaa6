// What is durable of a backing file when the journal comes to know its volume, and what destaging
// writes into it.
#include <gtest/gtest.h>

#include "gateway/volume/volume.h"
#include "tests/support/virtual_disk.h"

namespace cairn {
namespace {

class BackingTest : public testing::Test {
 protected:
  static constexpr std::uint64_t old_size = 1U << 16, new_size = 1U << 17;

  class zeroes final : public random_source {
   public:
    void fill(byte_span out) override { std::fill(out.begin(), out.end(), std::byte{}); }
  };

  std::unique_ptr<file> make(std::uint64_t size) {
    auto f = std::move(*disk_.open(config_.path, open_mode::create));
    EXPECT_TRUE(f->resize(size));
    return f;
  }
  void open_and_cut_power(const volume_identity* known) {
    const auto opened = open_backing(disk_, config_, known, 0);
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(opened->size_bytes, new_size);
    disk_.power_cut(nothing_arrives_);
  }
  std::uint64_t size_now() const {
    const auto there = disk_.content(config_.path);
    return there ? there->size() : 0;
  }

  virtual_disk disk_;
  zeroes nothing_arrives_;
  volume_config config_{"v1", "/images/v1.img", new_size};
};

TEST_F(BackingTest, ANewFileSurvivesALossOfPower) {
  open_and_cut_power(nullptr);
  EXPECT_EQ(size_now(), new_size);
}

TEST_F(BackingTest, AFileThatAKilledStartMadeAndDidNotSyncSurvivesALossOfPower) {
  make(new_size);
  disk_.kill();
  open_and_cut_power(nullptr);
  EXPECT_EQ(size_now(), new_size);
}

TEST_F(BackingTest, AFileThatAKilledStartEnlargedAndDidNotSyncKeepsItsSize) {
  ASSERT_TRUE(make(old_size)->sync());
  make(new_size);
  disk_.kill();
  volume_identity known;
  known.name = "v1";
  known.size_bytes = old_size;
  open_and_cut_power(&known);
  EXPECT_EQ(size_now(), new_size);
}

TEST_F(BackingTest, EachByteOfALongRunGoesWhereItBelongs) {
  constexpr std::uint64_t size = 1U << 20, offset = 512;
  volume_config config{"v1", "/images/long.img", size};
  auto opened = *open_backing(disk_, config, nullptr, 0);
  volume v({}, std::move(opened.at));
  bytes data(size - 2 * offset);
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<std::byte>((i >> 9) * 31 + i * 7 + 1);
  std::vector<iovec> parts;  // of 512, 1,024, … bytes, and one that spans several folios
  for (std::size_t at = 0, n = 512; at < data.size(); at += n, n += 512)
    parts.push_back({data.data() + at, n = at > 600'000 ? data.size() - at : n});
  ASSERT_TRUE(v.write_backing(parts, offset));
  const auto there = *disk_.content(config.path);
  ASSERT_EQ(there.size(), size);
  EXPECT_TRUE(std::equal(data.begin(), data.end(), there.begin() + offset));
  EXPECT_EQ(there[offset - 1], std::byte{});
  EXPECT_EQ(there[size - offset], std::byte{});
}

}  // namespace
}  // namespace cairn

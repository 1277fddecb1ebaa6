// The machine's own disk, in a directory under /tmp.
#include "storage/posix_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace cairn {
namespace {

class PosixDiskTest : public testing::Test {
 protected:
  PosixDiskTest() {
    char name[] = "/tmp/cairn-disk-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<file> make(const std::string& name) {
    auto opened = disk_.open(directory_ + "/" + name, open_mode::create);
    EXPECT_TRUE(opened) << opened.error().text;
    return std::move(*opened);
  }

  disk& disk_ = posix_disk();
  std::string directory_;
};

TEST_F(PosixDiskTest, WhatWasWrittenInPartsIsReadBack) {
  const auto f = make("a");
  std::vector<bytes> parts;
  std::vector<iovec> list;
  bytes expected;
  for (int i = 0; i < 2500; ++i) {  // more than one pwritev takes
    parts.emplace_back(static_cast<std::size_t>(i % 7 + 1), static_cast<std::byte>(i));
    expected.insert(expected.end(), parts.back().begin(), parts.back().end());
  }
  for (auto& part : parts) list.push_back({part.data(), part.size()});
  ASSERT_TRUE(f->write(std::span<const iovec>(list), 1000));
  bytes got(expected.size());
  ASSERT_TRUE(f->read(got, 1000));
  EXPECT_EQ(got, expected);
  EXPECT_TRUE(f->sync());
  EXPECT_EQ(*f->size(), 1000 + expected.size());
}

TEST_F(PosixDiskTest, WhatWasOnlyAllocatedOrReadIsNotWritten) {
  const auto f = make("a");
  ASSERT_TRUE(f->allocate(1 << 20));
  if (f->written_bytes() == 1 << 20) GTEST_SKIP() << "this file system does not tell";
  EXPECT_EQ(f->written_bytes(), 0u);
  const bytes data(8192, std::byte{5});
  ASSERT_TRUE(f->write(byte_view(data), 0));
  ASSERT_TRUE(f->sync());
  bytes got(1 << 20);
  ASSERT_TRUE(f->read(got, 0));
  EXPECT_EQ(f->written_bytes(), 8192u);
  ASSERT_TRUE(f->write(byte_view(got), 0));
  ASSERT_TRUE(f->sync());
  EXPECT_EQ(f->written_bytes(), 1u << 20);
}

TEST_F(PosixDiskTest, ForgettingWhatIsCachedLosesNothing) {
  const auto f = make("a");
  const bytes synced(100'000, std::byte{1}), dirty(5000, std::byte{2});
  ASSERT_TRUE(f->write(byte_view(synced), 0));
  ASSERT_TRUE(f->sync());
  ASSERT_TRUE(f->write(byte_view(dirty), 3000));
  f->forget_cached({512, 90'000});
  bytes expected = synced;
  std::copy(dirty.begin(), dirty.end(), expected.begin() + 3000);
  bytes read(synced.size());
  ASSERT_TRUE(f->read(read, 0));
  EXPECT_EQ(read, expected);
}

TEST_F(PosixDiskTest, ReadingBehindTheEndNamesFileAndOffset) {
  const auto f = make("a");
  ASSERT_TRUE(f->resize(100));
  bytes out(10);
  EXPECT_TRUE(f->read(out, 90));
  const auto bad = f->read(out, 91);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, EIO);
  EXPECT_NE(bad.error().text.find(directory_ + "/a at 100"), std::string::npos) << bad.error().text;
}

TEST_F(PosixDiskTest, AZeroedRangeReadsAsZeroesAndKeepsTheSize) {
  const auto f = make("a");
  const bytes ones(20'000, std::byte{1});
  for (const bool deallocate : {false, true}) {
    ASSERT_TRUE(f->write(byte_view(ones), 0));
    ASSERT_TRUE(f->make_zero({1000, 9000}, deallocate));
    bytes got(ones.size());
    ASSERT_TRUE(f->read(got, 0));
    EXPECT_EQ(std::count(got.begin(), got.end(), std::byte{0}), 9000);
    EXPECT_EQ(got[999], std::byte{1});
    EXPECT_EQ(got[10'000], std::byte{1});
  }
}

TEST_F(PosixDiskTest, ALockedFileIsRefusedUntilItsOwnerIsGone) {
  const auto path = directory_ + "/lock";
  {
    const auto first = disk_.open(path, open_mode::create, true);
    ASSERT_TRUE(first);
    const auto second = disk_.open(path, open_mode::create, true, 10);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EBUSY);
    EXPECT_NE(second.error().text.find(path), std::string::npos);
    EXPECT_TRUE(disk_.open(path, open_mode::existing)) << "without a lock it may be opened";
    EXPECT_FALSE(disk_.open(path, open_mode::create, true)) << "and that doesn't free the lock";
  }
  EXPECT_TRUE(disk_.open(path, open_mode::existing, true));
}

TEST_F(PosixDiskTest, OpenModesMeanWhatTheySay) {
  const auto path = directory_ + "/a";
  EXPECT_EQ(disk_.open(path, open_mode::existing).error().code, ENOENT);
  EXPECT_EQ(disk_.open(path, open_mode::read_only).error().code, ENOENT);
  EXPECT_TRUE(disk_.open(path, open_mode::create_new));
  EXPECT_EQ(disk_.open(path, open_mode::create_new).error().code, EEXIST);
  EXPECT_FALSE((*disk_.open(path, open_mode::read_only))->write(byte_view(bytes(1)), 0));
  EXPECT_EQ(disk_.open(directory_, open_mode::read_only).error().code, EISDIR);
}

TEST_F(PosixDiskTest, DirectoriesAreMadeWithTheirParentsAndListedInOrder) {
  ASSERT_TRUE(disk_.make_directory(directory_ + "/x/y/z"));
  ASSERT_TRUE(disk_.make_directory(directory_ + "/x/y/z"));
  make("x/2");
  make("x/1");
  EXPECT_EQ(*disk_.list(directory_ + "/x"), (std::vector<std::string>{"1", "2", "y"}));
  EXPECT_TRUE(disk_.sync_directory(directory_ + "/x"));
  EXPECT_TRUE(disk_.remove(directory_ + "/x/1"));
  EXPECT_FALSE(disk_.exists(directory_ + "/x/1"));
  EXPECT_FALSE(disk_.make_directory(directory_ + "/x/2"));
}

}  // namespace
}  // namespace cairn

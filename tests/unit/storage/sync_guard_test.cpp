#include "storage/sync_guard.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

// A file whose fdatasync fails once and would succeed the next time, as the kernel's does.
class failing_once final : public file {
 public:
  using file::write;
  result<void> read(byte_span, std::uint64_t) const override { return {}; }
  result<void> write(std::span<const iovec>, std::uint64_t) override { return {}; }
  result<void> sync() override {
    return failed_++ == 0 ? result<void>(fail(EIO, "I/O")) : result<void>();
  }
  result<std::uint64_t> size() const override { return std::uint64_t{0}; }
  result<void> resize(std::uint64_t) override { return {}; }
  result<void> make_zero(byte_range, bool) override { return {}; }
  void read_ahead(byte_range) const override {}
  const std::string& path() const override { return path_; }

 private:
  std::string path_ = "v.img";
  int failed_ = 0;
};

TEST(sync_guard, ASyncAfterAFailedOneEndsTheProcess) {
  failing_once f;
  sync_guard guard;
  EXPECT_FALSE(guard.sync(f));
  EXPECT_DEATH(static_cast<void>(guard.sync(f)), "invariant I9 broken: fdatasync of v.img");
}

}  // namespace
}  // namespace cairn

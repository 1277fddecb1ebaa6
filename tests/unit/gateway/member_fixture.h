// A member with a real journal and real files, its threads replaced by explicit steps, for tests.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gateway/member/member.h"
#include "storage/posix_disk.h"
#include "tests/support/virtual_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {

using std::chrono::milliseconds;
constexpr std::uint64_t volume_bytes = 1U << 20;

inline bytes block(char c, std::size_t n = 4096) { return bytes(n, static_cast<std::byte>(c)); }

class member_test : public testing::Test {
 protected:
  member_config config(member_role role = member_role::primary) {
    member_config c;
    c.group = "g";
    c.name = "m";
    c.role = role;
    c.journal = where_ / "journal";
    c.journal_size_bytes = 64U << 20;
    c.segment_bytes = 4U << 20;
    c.volumes = {{"v1", where_ / "v1.img", volume_bytes}, {"v2", where_ / "v2.img", volume_bytes}};
    return c;
  }

  std::unique_ptr<member> open(const member_config& c, const testing_config& testing = {}) {
    auto m = member::open(posix_disk(), c, "gateway", testing, system_random());
    EXPECT_TRUE(m) << m.error().text;
    return m ? std::move(*m) : nullptr;
  }

  // More than one segment.
  static void write_and_back(member& m) {
    for (int i = 0; i < 16; ++i)
      ASSERT_TRUE(m.write_and_wait(0, block('a' + i, 1U << 20), 0, false));
    m.sync_step();
    while (m.destage_step()) {
    }
    m.catalog_step();
    m.backing_step();
  }

  static char first_byte(member& m, std::size_t volume, std::uint64_t offset) {
    bytes out(512);
    const auto done = m.read(volume, out, offset);
    EXPECT_TRUE(done) << done.error().text;
    return static_cast<char>(out[0]);
  }

  // What the member answered to control messages.
  round_face::reply collect() {
    return [this](const control_message& m) { answers_.push_back(m); };
  }
  template <class T>
  const T* answer() const {
    return answers_.empty() ? nullptr : std::get_if<T>(&answers_.back());
  }

  static mark marker(std::uint64_t n) { return {{marker_number(n), epoch(1)}, {"m"}, 50}; }

  temporary_directory where_;
  std::vector<control_message> answers_;
};

}  // namespace cairn

// A secondary whose coordinator was away for long: one APPLY covers more than memory should hold.
#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "gateway/member/member.h"
#include "gateway/volume/background_pace.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
namespace {

class long_apply_test : public testing::Test {
 protected:
  member_config config(member_role role, const char* at) {
    member_config c;
    c.group = "g";
    c.name = "m";
    c.role = role;
    c.journal = where_ / (std::string(at) + "-journal");
    c.journal_size_bytes = 1U << 30;
    c.segment_bytes = 32U << 20;
    c.volumes = {{"v", where_ / (std::string(at) + ".img"), volume_bytes}};
    return c;
  }
  std::unique_ptr<member> open(const member_config& c) {
    auto m = member::open(posix_disk(), c, "gateway", {}, system_random());
    EXPECT_TRUE(m) << m.error().text;
    return m ? std::move(*m) : nullptr;
  }
  // A secondary that knows its primary's volumes and starts, and has no record yet.
  std::unique_ptr<member> fresh_secondary() {
    const auto primary = open(config(member_role::primary, "primary"));
    const auto greeting = primary->source()->make_hello();
    made_in_ = greeting.starts.back().number;
    auto m = open(config(member_role::secondary, "secondary"));
    EXPECT_TRUE(m->arrivals()->adopt_volumes(greeting.volumes));
    EXPECT_TRUE(m->arrivals()->follow(greeting, sequence{}));
    return m;
  }
  void append(member& m, record r, byte_view data) {
    r.made_in = made_in_;
    r.seq = (last_ = last_.next());
    r.data_length = static_cast<std::uint32_t>(data.size());
    r.data_crc = crc32c(data);
    const received_record one{r, data};
    const auto done = m.arrivals()->append_received(std::span(&one, 1));
    ASSERT_TRUE(done) << done.error().text;
  }
  void write(member& m, std::uint64_t n) {
    bytes data(512);
    store_le(byte_span(data), 0, n);
    record r;
    r.kind = record_kind::write;
    r.volume = 1;
    r.range = {n * 512 % volume_bytes, 512};
    append(m, r, data);
  }
  marker_id seal(member& m, std::uint64_t number) {
    const marker_id id{marker_number(number), epoch(1)};
    const auto body = encode_marker_body({id, hash_of_group("g"), hash_of_members({"m"})});
    for (const auto kind : {record_kind::marker, record_kind::seal}) {
      record r;
      r.kind = kind;
      append(m, r, body);
    }
    return id;
  }
  static std::uint64_t number_at(member& m, std::uint64_t offset) {
    bytes out(512);
    EXPECT_TRUE(m.read(0, out, offset));
    return load_le<std::uint64_t>(out, 0);
  }

  static constexpr std::uint64_t volume_bytes = 1U << 20;
  temporary_directory where_;
  incarnation made_in_;
  sequence last_;
};

TEST_F(long_apply_test, DestagesOnTheWayAndEndsExactlyAtTheMarker) {
  auto m = fresh_secondary();
  const std::uint64_t markers = 5, each = background_pace::pending_records_soft / 3;
  marker_id newest;
  for (std::uint64_t n = 1; n <= markers; ++n) {
    for (std::uint64_t i = 0; i < each; ++i) write(*m, n * each + i);
    newest = seal(*m, n);
  }
  write(*m, 1);  // beyond the marker
  ASSERT_TRUE(m->log().sync());
  const auto answer = m->selection()->on_apply({epoch(1), newest});
  ASSERT_TRUE(std::holds_alternative<applied>(answer));
  const auto shown = markers * each + each - 1;
  EXPECT_EQ(number_at(*m, shown * 512 % volume_bytes), shown);
  EXPECT_NE(number_at(*m, 512), 1U);
  const auto s = m->status();
  EXPECT_LE(s.applied.value - s.destaged.value, 2 * background_pace::pending_records_soft);

  EXPECT_EQ(s.backed, sequence());
  m.reset();  // killed: what was not backed is shown again, in stages, too
  m = open(config(member_role::secondary, "secondary"));
  // It began at the same place again and again where starts were killed half way.
  EXPECT_GT(m->status().backed, sequence());
  EXPECT_EQ(number_at(*m, shown * 512 % volume_bytes), shown);
  EXPECT_NE(number_at(*m, 512), 1U);
}

TEST_F(long_apply_test, AStopLeavesTheRestToTheNextStart) {
  auto m = fresh_secondary();
  write(*m, 1);
  const auto marker = seal(*m, 1);
  ASSERT_TRUE(m->log().sync());
  m->stop_soon();
  EXPECT_TRUE(
      std::holds_alternative<control_refusal>(m->selection()->on_apply({epoch(1), marker})));
  EXPECT_EQ(number_at(*m, 512), 0U);
  m.reset();
  m = open(config(member_role::secondary, "secondary"));
  EXPECT_EQ(number_at(*m, 512), 1U);
}

}  // namespace
}  // namespace cairn

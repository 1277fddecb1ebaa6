// Which records of a stretch are taken, and what is told back.
#include "replication/receiver.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "samples.h"

namespace cairn {
namespace {

constexpr std::uint64_t size = 1U << 20;

class stretch_test : public testing::Test {
 protected:
  stretch_test() {
    greeting.group = "bank";
    greeting.volumes = {{1, samples::id(2), "data", size, 3, "S1", true}};
    greeting.starts = {{incarnation(1), samples::id(1), {}}, {incarnation(3), samples::id(1), {}}};
    s.sender = incarnation(3);
  }
  static record write_at(std::uint64_t n) {
    record r;
    r.kind = record_kind::write;
    r.made_in = incarnation(3);
    r.seq = sequence(n);
    r.volume = 1;
    r.range = {512 * n, 512};
    return r;
  }
  static record marker_at(std::uint64_t n, record_kind kind) {
    record r;
    r.kind = kind;
    r.made_in = incarnation(3);
    r.seq = sequence(n);
    return r;
  }
  // Appends it as it travels; sequences must follow.
  void add(record r, const bytes& data) {
    r.data_length = static_cast<std::uint32_t>(data.size());
    r.data_crc = crc32c(data);
    const auto header = encode_header(r, 0);
    const std::size_t at = s.records.size();
    s.records.resize(at + stored_bytes(r.data_length), std::byte{0});
    std::copy(header.begin(), header.end(), s.records.begin() + static_cast<long>(at));
    std::copy(data.begin(), data.end(),
              s.records.begin() + static_cast<long>(at + record_header_bytes));
    if (!s.first) s.first = r.seq;
    s.last = r.seq;
  }
  void add_writes(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t n = first; n <= last; ++n) add(write_at(n), bytes(512, std::byte{7}));
  }
  static bytes body(const std::string& group) {
    const auto b = encode_marker_body({samples::marker(5), hash_of_group(group), 77});
    return {b.begin(), b.end()};
  }
  std::vector<std::uint64_t> taken(const receiver& at) {
    const auto verdict = at.on_stretch(s);
    std::vector<std::uint64_t> out;
    if (const auto* all = std::get_if<std::vector<arrived_record>>(&verdict))
      for (const auto& one : *all) out.push_back(one.what.seq.value);
    return out;
  }
  void add_void_range(std::uint64_t from, std::uint64_t to) {
    const auto id = encode_named_body(samples::id(3));
    record r = marker_at(to, record_kind::void_range);
    r.range = {from, to - from + 1};
    add(r, {id.begin(), id.end()});
    s.first = std::min(s.first, sequence(from));
    s.void_range = true;
  }
  void expect_refused(const std::string& because) {
    expect_refused(because, receiver(greeting, sequence(0)));
  }
  void expect_refused(const std::string& because, const receiver& at) {
    const auto verdict = at.on_stretch(s);
    const auto* no = std::get_if<stretch_refused>(&verdict);
    ASSERT_TRUE(no);
    EXPECT_NE(no->why.find(because), std::string::npos) << no->why;
  }
  hello greeting;
  stretch s;
};

using numbers = std::vector<std::uint64_t>;

TEST_F(stretch_test, new_records_are_taken_in_order) {
  add_writes(1, 3);
  add(marker_at(4, record_kind::marker), body("bank"));
  EXPECT_EQ(taken(receiver(greeting, sequence(0))), (numbers{1, 2, 3, 4}));
}

TEST_F(stretch_test, what_is_known_is_skipped) {
  add_writes(1, 5);
  EXPECT_EQ(taken(receiver(greeting, sequence(3))), (numbers{4, 5}));
  EXPECT_EQ(taken(receiver(greeting, sequence(5))), numbers{});
}

TEST_F(stretch_test, a_void_range_stands_for_its_sequences) {
  const auto everything = ~std::uint64_t{0};
  add_void_range(1, 1'000'000'000'000);
  EXPECT_EQ(taken(receiver(greeting, sequence(0), everything)), (numbers{1'000'000'000'000}));
  EXPECT_EQ(taken(receiver(greeting, sequence(1'000'000'000'000), everything)), numbers{});
  expect_refused("record 1 is of kind void-range, not taken here");
  expect_refused("a void-range from record 1 on, but record 6 is next",
                 receiver(greeting, sequence(5), everything));
  s.last = sequence(999);
  expect_refused("a stretch that is not the void-range it says",
                 receiver(greeting, sequence(0), everything));
}

TEST_F(stretch_test, a_void_range_among_other_records_is_refused) {
  add_writes(1, 3);
  add_void_range(4, 4);
  s.void_range = false;
  expect_refused("record 4 is a void-range among other records",
                 receiver(greeting, sequence(0), ~std::uint64_t{0}));
}

TEST_F(stretch_test, kinds_are_taken_only_with_their_feature) {
  record copy = write_at(1);
  copy.kind = record_kind::copy;
  add(copy, bytes(512, std::byte{3}));
  expect_refused("record 1 is of kind copy, not taken here");
  EXPECT_EQ(taken(receiver(greeting, sequence(0), feature::resync)), (numbers{1}));
  s = {};
  s.sender = incarnation(3);
  add(copy, {});
  expect_refused("record 1 is a copy without bytes",
                 receiver(greeting, sequence(0), feature::resync));
  s = {};
  s.sender = incarnation(3);
  const auto id = encode_named_body(samples::id(3));
  add(marker_at(1, record_kind::final_), {id.begin(), id.end()});
  expect_refused("record 1 is of kind final, not taken here",
                 receiver(greeting, sequence(0), feature::resync));
  EXPECT_EQ(taken(receiver(greeting, sequence(0), feature::switchover)), (numbers{1}));
}

TEST_F(stretch_test, a_hole_is_refused) {
  add_writes(2, 3);
  expect_refused("record 1 is next");
}

TEST_F(stretch_test, another_start_is_refused) {
  add_writes(1, 1);
  s.sender = incarnation(1);
  expect_refused("a stretch of start 1 on a connection of start 3");
}

TEST_F(stretch_test, gaps_become_records_of_their_own) {
  add_writes(1, 1);
  s.gaps = {{sequence(2), sequence(3)}};
  record after = write_at(4);
  after.made_in = incarnation(1);
  add(after, bytes(512, std::byte{1}));
  const auto verdict = receiver(greeting, sequence(0)).on_stretch(s);
  const auto& all = std::get<std::vector<arrived_record>>(verdict);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].what.kind, record_kind::gap);
  EXPECT_EQ(all[2].what.seq, sequence(3));
  EXPECT_TRUE(all[2].data.empty());
  EXPECT_EQ(all[3].what.made_in, incarnation(1));
}

TEST_F(stretch_test, damaged_data_names_its_record) {
  add_writes(1, 3);
  s.records[1024 + 100] ^= std::byte{1};
  const auto verdict = receiver(greeting, sequence(0)).on_stretch(s);
  ASSERT_TRUE(std::holds_alternative<link_damage>(verdict));
  EXPECT_EQ(std::get<link_damage>(verdict).at, sequence(2));
}

TEST_F(stretch_test, a_damaged_header_names_its_record) {
  add_writes(1, 3);
  s.records[2048 + 20] ^= std::byte{1};
  const auto verdict = receiver(greeting, sequence(0)).on_stretch(s);
  ASSERT_TRUE(std::holds_alternative<link_damage>(verdict));
  EXPECT_EQ(std::get<link_damage>(verdict).at, sequence(3));
}

TEST_F(stretch_test, a_record_in_another_place_is_refused) {
  add_writes(1, 1);
  add_writes(3, 3);
  s.last = sequence(2);
  expect_refused("record 3 where record 2 is due");
}

TEST_F(stretch_test, records_that_lie_outside_their_volume_are_refused) {
  record r = write_at(1);
  r.range.offset = size - 256;
  add(r, bytes(512, std::byte{7}));
  expect_refused("beyond the end of volume 1");
}

TEST_F(stretch_test, records_of_an_unknown_volume_are_refused) {
  record r = write_at(1);
  r.volume = 2;
  add(r, bytes(512, std::byte{7}));
  expect_refused("names volume 2 of 1");
}

TEST_F(stretch_test, records_of_a_start_that_hello_did_not_name_are_refused) {
  record r = write_at(1);
  r.made_in = incarnation(2);
  add(r, bytes(512, std::byte{7}));
  expect_refused("made in start 2");
}

TEST_F(stretch_test, copies_are_refused_not_skipped) {
  record r = write_at(1);
  r.kind = record_kind::copy;
  add(r, bytes(512, std::byte{7}));
  expect_refused("is of kind copy");
}

TEST_F(stretch_test, records_of_a_kind_that_is_not_known_are_refused_not_sent_again) {
  record r = write_at(1);
  r.kind = static_cast<record_kind>(77);
  add(r, bytes(512, std::byte{7}));
  expect_refused("record 1: it is of kind 77, which this Cairn does not know");
}

TEST_F(stretch_test, a_marker_of_another_group_is_refused) {
  add(marker_at(1, record_kind::seal), body("other"));
  expect_refused("another group");
}

TEST_F(stretch_test, bytes_behind_the_last_record_are_refused) {
  add_writes(1, 2);
  s.last = sequence(1);
  expect_refused("bytes behind");
}

TEST_F(stretch_test, a_record_that_is_cut_short_is_refused) {
  add_writes(1, 1);
  s.records.resize(512);
  expect_refused("cut short");
}

TEST_F(stretch_test, missing_bytes_are_never_read) {
  add_writes(1, 2);
  s.records.resize(1024);
  const auto verdict = receiver(greeting, sequence(0)).on_stretch(s);
  EXPECT_TRUE(std::holds_alternative<link_damage>(verdict));
}

TEST_F(stretch_test, progress_tells_what_was_appended_and_what_is_durable) {
  receiver at(greeting, sequence(4));
  EXPECT_EQ(at.progress({}, {}), (link_progress{sequence(4), sequence(4), {}, {}}));
  at.on_appended(sequence(9));
  at.on_stored(sequence(6));
  EXPECT_EQ(at.progress(samples::marker(1), sequence(3)),
            (link_progress{sequence(9), sequence(6), samples::marker(1), sequence(3)}));
  at.on_stored(sequence(20));  // never more than this connection accounts for
  EXPECT_EQ(at.stored(), sequence(9));
}

}  // namespace
}  // namespace cairn

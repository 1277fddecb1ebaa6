// The receiver's decisions, without a network: which HELLO is accepted and what it cuts, which
// records of a stretch are taken.
#include "replication/receiver.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "samples.h"

namespace cairn {
namespace {

constexpr std::uint64_t size = 1U << 20;

// ---- HELLO

class hello_test : public testing::Test {
 protected:
  hello_test() {
    theirs.group = ours.group = "bank";
    theirs.member = ours.member = "m1";
    theirs.volumes = {{1, samples::id(2), "data", size, 3, "S1", true},
                      {2, samples::id(3), "log", size, 4, "S2", true}};
    theirs.lineages = {{samples::id(1), {}, {}}};
    theirs.starts = {start(1, 0)};
    theirs.oldest_held = sequence(1);
  }
  static incarnation_start start(std::uint64_t n, std::uint64_t kept_to) {
    return {incarnation(n), samples::id(1), sequence(kept_to)};
  }
  // As after a first HELLO, with records up to `last`.
  void met(std::uint64_t last) {
    ours.volumes = theirs.volumes;
    ours.lineages = theirs.lineages;
    ours.starts = theirs.starts;
    ours.last = sequence(last);
  }
  void expect_refused(refusal_code code, const std::string& because) {
    const auto verdict = judge_hello(theirs, ours);
    const auto* no = std::get_if<refusal>(&verdict);
    ASSERT_TRUE(no);
    EXPECT_EQ(no->code, code);
    EXPECT_NE(no->reason.find(because), std::string::npos) << no->reason;
  }
  hello_accepted accepted() {
    const auto verdict = judge_hello(theirs, ours);
    const auto* no = std::get_if<refusal>(&verdict);
    EXPECT_FALSE(no) << no->reason;
    return no ? hello_accepted{} : std::get<hello_accepted>(verdict);
  }
  hello theirs;
  receiver_state ours;
};

TEST_F(hello_test, a_fresh_secondary_adopts_all) {
  ours.volumes = {{0, {}, "data", size, 0, "", true}, {0, {}, "log", size, 0, "", true}};
  const auto yes = accepted();
  EXPECT_TRUE(yes.adopt_volumes && yes.learn_lineages && yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(0));
}

TEST_F(hello_test, the_same_start_again_changes_nothing) {
  met(50);
  const auto yes = accepted();
  EXPECT_FALSE(yes.adopt_volumes || yes.learn_lineages || yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(50));
}

TEST_F(hello_test, a_restart_cuts_what_the_primary_did_not_keep) {
  met(50);
  theirs.starts.push_back(start(2, 40));
  const auto yes = accepted();
  EXPECT_TRUE(yes.learn_starts);
  EXPECT_EQ(yes.keep_to, sequence(40));
}

TEST_F(hello_test, a_double_restart_cuts_to_the_lowest_not_to_the_latest) {
  met(50);
  theirs.starts.push_back(start(2, 30));
  theirs.starts.push_back(start(3, 45));
  EXPECT_EQ(accepted().keep_to, sequence(30));
}

TEST_F(hello_test, starts_that_were_met_before_cut_nothing_again) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts.push_back(start(3, 45));
  EXPECT_EQ(accepted().keep_to, sequence(45));
}

TEST_F(hello_test, a_restart_that_kept_more_than_is_here_cuts_nothing) {
  met(50);
  theirs.starts.push_back(start(2, 70));
  EXPECT_EQ(accepted().keep_to, sequence(50));
}

TEST_F(hello_test, a_cut_below_what_was_sealed_is_refused) {
  met(50);
  ours.never_below = sequence(41);
  theirs.starts.push_back(start(2, 40));
  expect_refused(refusal_code::unknown_lineage, "diverged");
  ours.never_below = sequence(40);
  EXPECT_EQ(accepted().keep_to, sequence(40));
}

TEST_F(hello_test, a_lower_start_is_refused) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts.pop_back();
  expect_refused(refusal_code::old_incarnation, "start 1, but start 2 was met");
}

TEST_F(hello_test, a_known_start_with_another_history_is_refused) {
  theirs.starts = {start(1, 0), start(2, 30)};
  met(50);
  theirs.starts = {start(1, 0), start(2, 29), start(3, 60)};
  expect_refused(refusal_code::unknown_lineage, "start 2");
}

TEST_F(hello_test, starts_must_ascend_and_be_there) {
  met(0);
  ours.starts.clear();
  theirs.starts = {start(2, 0), start(1, 0)};
  expect_refused(refusal_code::protocol, "ascend");
  theirs.starts.clear();
  expect_refused(refusal_code::protocol, "no start");
}

TEST_F(hello_test, a_primary_that_trimmed_what_is_missing_is_refused) {
  met(50);
  theirs.oldest_held = sequence(51);
  accepted();
  theirs.oldest_held = sequence(52);
  expect_refused(refusal_code::needs_copy, "holds records from 52");
}

TEST_F(hello_test, a_cut_counts_when_it_is_asked_what_is_missing) {
  met(50);
  theirs.oldest_held = sequence(45);
  theirs.starts.push_back(start(2, 40));
  expect_refused(refusal_code::needs_copy, "this side ends at 40");
}

TEST_F(hello_test, a_primary_that_was_taken_over_is_told_the_new_lineage) {
  met(50);
  ours.lineages.push_back({samples::id(8), samples::id(1), sequence(44)});
  ours.role = member_role::primary;
  const auto verdict = judge_hello(theirs, ours);
  const auto* no = std::get_if<refusal>(&verdict);
  ASSERT_TRUE(no);
  EXPECT_EQ(no->code, refusal_code::old_lineage);
  EXPECT_EQ(no->lineages, ours.lineages);
}

TEST_F(hello_test, another_first_lineage_is_refused) {
  met(50);
  ours.lineages = {{samples::id(9), {}, {}}};
  expect_refused(refusal_code::unknown_lineage, "diverged");
}

TEST_F(hello_test, lineages_that_forked_apart_are_refused) {
  met(50);
  ours.lineages.push_back({samples::id(8), samples::id(1), sequence(44)});
  theirs.lineages.push_back({samples::id(9), samples::id(1), sequence(44)});
  expect_refused(refusal_code::unknown_lineage, "diverged");
}

TEST_F(hello_test, two_primaries_do_not_replicate) {
  met(50);
  ours.role = member_role::primary;
  expect_refused(refusal_code::unknown_lineage, "is primary here");
}

TEST_F(hello_test, volumes_must_be_the_same) {
  met(0);
  theirs.volumes[0].size_bytes = size * 2;
  expect_refused(refusal_code::wrong_volumes, "1048576 bytes here and 2097152");
  theirs.volumes = ours.volumes;
  theirs.volumes[0].name = "other";
  expect_refused(refusal_code::wrong_volumes, "no volume named data");
  theirs.volumes = ours.volumes;
  theirs.volumes[1].id = samples::id(99);
  expect_refused(refusal_code::wrong_volumes, samples::id(99).text());
  theirs.volumes = ours.volumes;
  theirs.volumes.pop_back();
  expect_refused(refusal_code::wrong_volumes, "has 1 volumes, this side 2");
  theirs.volumes = ours.volumes;
  theirs.volumes[1].index = 1;
  expect_refused(refusal_code::protocol, "not numbered");
}

TEST_F(hello_test, volumes_that_were_not_born_empty_do_not_begin_to_replicate) {
  ours.volumes = {{0, {}, "data", size, 0, "", true}, {0, {}, "log", size, 0, "", false}};
  expect_refused(refusal_code::wrong_volumes,
                 "initial copy is not available yet: volume log was not born empty on both sides");
  ours.volumes[1].born_empty = true;
  theirs.volumes[1].born_empty = false;
  expect_refused(refusal_code::wrong_volumes, "initial copy is not available yet");
}

TEST_F(hello_test, versions_must_overlap) {
  met(0);
  theirs.version_min = theirs.version_max = 2;
  expect_refused(refusal_code::version, "speaks version 1 of the link, the primary 2 to 2");
  theirs.version_min = 1;
  EXPECT_EQ(accepted().version, 1U);
}

TEST_F(hello_test, another_member_is_refused) {
  met(0);
  theirs.member = "m2";
  expect_refused(refusal_code::wrong_group_or_member, "not m2 of bank");
}

// ---- stretches

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
    s.records.resize(at + stored_bytes(r.data_length));
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
  void expect_refused(const std::string& because) {
    const auto verdict = receiver(greeting, sequence(0)).on_stretch(s);
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

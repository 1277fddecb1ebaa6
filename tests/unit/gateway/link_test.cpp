// Both ends of a link with real members, journals and sockets: what arrives, and what a restart or
// a takeover at either side does.
#include <fstream>

#include "tests/unit/gateway/link_fixture.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

TEST_F(link_test, what_is_written_before_and_after_the_link_is_up_arrives) {
  start_secondary();
  open_primary();
  write('a');
  connect();
  write('b', 8192);
  ASSERT_TRUE(all_stored());
  expect_same_journals();
  EXPECT_EQ(link_of(*primary_), "connected: ");
  EXPECT_EQ(link_of(*secondary_), "connected: ");
}

TEST_F(link_test, many_records_arrive_in_order) {
  start_secondary();
  start_primary();
  for (int i = 0; i < 3000; ++i) {
    write(static_cast<char>('a' + i % 26), 4096ULL * (i % 200));
    if (i % 100 == 0) {
      ASSERT_TRUE(primary_->clear_and_wait(0, record_kind::trim, {4096, 65536}, false));
    }
  }
  ASSERT_TRUE(all_stored());
  expect_same_journals();
}

TEST_F(link_test, a_sealed_marker_can_be_applied_at_the_secondary) {
  start_secondary();
  start_primary();
  write('a');
  const marker_id at = sealed_marker(1);
  write('b');
  ASSERT_TRUE(all_stored());
  const auto answer = secondary_->selection()->on_apply({epoch(1), at});
  ASSERT_TRUE(std::holds_alternative<applied>(answer));
  bytes seen(512);
  ASSERT_TRUE(secondary_->read(0, seen, 0));
  EXPECT_EQ(static_cast<char>(seen[0]), 'a');
}

TEST_F(link_test, a_secondary_that_was_away_gets_what_it_missed) {
  start_secondary();
  start_primary();
  write('a');
  ASSERT_TRUE(all_stored());
  stop_secondary();
  for (int i = 0; i < 500; ++i) write('b', 4096ULL * (i % 200));
  start_secondary();
  ASSERT_TRUE(all_stored());
  expect_same_journals();
}

TEST_F(link_test, a_link_that_flaps_loses_and_repeats_nothing) {
  start_secondary();
  open_primary();
  for (int i = 0; i < 20; ++i) {
    connect();
    for (int k = 0; k < 50; ++k) write('c', 4096ULL * k);
    disconnect();
  }
  connect();
  ASSERT_TRUE(all_stored());
  expect_same_journals();
}

TEST_F(link_test, a_primary_that_lost_its_tail_makes_the_secondary_cut_it) {
  start_secondary();
  start_primary();
  write('a');
  sealed_marker(1);
  disconnect();
  // The copy is taken of files in use: not while segments are made (one is open, two are ready).
  ASSERT_TRUE(soon([&] { return primary_->log().usage().segments == 3; }));
  fs::copy(where_ / "p", where_ / "before", fs::copy_options::recursive);
  connect();
  for (int i = 0; i < 10; ++i) write('x', 4096ULL * i);
  ASSERT_TRUE(all_stored());
  const sequence had = secondary_->log().assigned();
  stop_primary();
  fs::remove_all(where_ / "p");
  fs::rename(where_ / "before", where_ / "p");
  start_primary();
  ASSERT_TRUE(soon([&] { return secondary_->log().assigned() < had; }));
  write('b', 4096);
  ASSERT_TRUE(all_stored());
  expect_same_journals();
}

TEST_F(link_test, a_takeover_fences_the_primary_whose_connection_was_there_before) {
  start_secondary();
  start_primary();
  write('a');
  const marker_id at = sealed_marker(1);
  ASSERT_TRUE(std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), at})));
  const auto told =
      secondary_->selection()->on_promote({epoch(1), at, system_random().make_uuid()});
  ASSERT_TRUE(std::holds_alternative<promoted>(told));
  ASSERT_TRUE(soon([&] { return primary_->status().role == member_role::fenced; }));
  EXPECT_FALSE(primary_->write_and_wait(0, block('b'), 0, false));
  ASSERT_TRUE(secondary_->write_and_wait(0, block('c'), 0, false));
  stop_primary();
  start_primary();  // and it stays silent for good
  EXPECT_EQ(primary_->status().role, member_role::fenced);
  EXPECT_EQ(primary_->status().link, link_state::refused);
}

TEST_F(link_test, a_primary_that_comes_back_after_a_takeover_is_fenced) {
  start_secondary();
  start_primary();
  const marker_id at = sealed_marker(1);
  stop_primary();
  ASSERT_TRUE(std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), at})));
  const auto told =
      secondary_->selection()->on_promote({epoch(1), at, system_random().make_uuid()});
  ASSERT_TRUE(std::holds_alternative<promoted>(told));
  start_primary();
  ASSERT_TRUE(soon([&] { return primary_->status().role == member_role::fenced; }));
  EXPECT_TRUE(soon(
      [&] { return primary_->status().role_because.find("taken over") != std::string::npos; }));
}

TEST_F(link_test, writes_under_way_at_a_takeover_disturb_neither_side) {
  start_secondary();
  start_primary();
  const marker_id at = sealed_marker(1);
  ASSERT_TRUE(std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), at})));
  std::atomic<bool> stop{false};
  std::thread host([&] {
    while (!stop && primary_->write_and_wait(0, block('w'), 0, false)) {
    }
  });
  std::this_thread::sleep_for(milliseconds(20));
  const auto told =
      secondary_->selection()->on_promote({epoch(1), at, system_random().make_uuid()});
  EXPECT_TRUE(std::holds_alternative<promoted>(told));
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(secondary_->write_and_wait(0, block('s'), 4096, false));
  EXPECT_TRUE(soon([&] { return primary_->status().role == member_role::fenced; }));
  stop = true;
  host.join();
}

TEST_F(link_test, volumes_that_were_not_born_empty_are_refused_with_a_sentence) {
  fs::create_directories(where_ / "s");
  {
    auto backing = posix_disk().open(where_ / "s/v1.img", open_mode::create_new);
    ASSERT_TRUE(backing);
    ASSERT_TRUE((*backing)->resize(volume_bytes));
    ASSERT_TRUE((*backing)->write(byte_view(block('z')), 0));
  }
  start_secondary();
  start_primary();
  ASSERT_TRUE(soon([&] { return primary_->status().link == link_state::refused; }));
  EXPECT_EQ(primary_->status().link_because,
            "initial copy is not available yet: volume v1 was not born empty on both sides");
}

TEST_F(link_test, a_volume_grows_at_the_secondary_first_and_then_at_the_primary) {
  start_secondary();
  start_primary();
  write('a');
  ASSERT_EQ(secondary_->grow(0, 2 * volume_bytes), true);
  ASSERT_EQ(primary_->grow(0, 2 * volume_bytes), true);
  sending_->greet_again();
  write('b', 2 * volume_bytes - 4096);
  EXPECT_TRUE(soon([&] { return all_stored(); })) << primary_->status().link_because;
}

TEST_F(link_test, a_primary_that_grew_alone_goes_on_when_the_secondary_has_grown) {
  start_secondary();
  start_primary();
  write('a');
  ASSERT_TRUE(soon([&] { return all_stored(); }));
  ASSERT_EQ(primary_->grow(0, 2 * volume_bytes), true);
  write('b', volume_bytes);  // what may come before HELLO does: refused, and nothing is lost
  sending_->greet_again();
  ASSERT_TRUE(soon([&] {
    return primary_->status().link_because ==
           "volume v1 has 1048576 bytes here and 2097152 at the primary: it has to be made larger "
           "here, too";
  })) << primary_->status().link_because;
  EXPECT_EQ(secondary_->log().assigned(), sequence(1));
  ASSERT_EQ(secondary_->grow(0, 2 * volume_bytes), true);
  EXPECT_TRUE(soon([&] { return all_stored(); })) << primary_->status().link_because;
}

// Flips a byte of the one record in the primary's segments that is full of `c`.
void damage_record(const std::string& segments, char c) {
  for (const auto& one : fs::directory_iterator(segments)) {
    std::fstream file(one.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    const auto at = all.find(std::string(512, c));
    if (at == std::string::npos) continue;
    file.clear();
    file.seekp(static_cast<long>(at));
    file.put('!');
  }
}

TEST_F(link_test, a_record_that_was_damaged_here_is_named_and_what_is_before_it_shipped) {
  start_secondary();
  open_primary();
  write('a');
  write('b');
  write('c');
  damage_record(config(member_role::primary, "p").journal + "/segments", 'c');
  connect();
  ASSERT_TRUE(soon([&] { return primary_->status().link == link_state::refused; }));
  const std::string why = primary_->status().link_because;
  EXPECT_EQ(why.find("the journal is damaged: "), 0U) << why;
  EXPECT_TRUE(soon([&] { return secondary_->log().assigned() == sequence(2); }));
  EXPECT_EQ(primary_->status().role, member_role::primary);  // hosts are served as before
}

// The secondary's configuration comes first, and names the new volume first.
TEST_F(link_test, a_volume_is_added_on_both_sides) {
  start_secondary();
  start_primary();
  write('a');
  ASSERT_TRUE(all_stored());
  ASSERT_TRUE(std::holds_alternative<applied>(
      secondary_->selection()->on_apply({epoch(1), sealed_marker(1)})));
  write('b');
  const marker_id second = sealed_marker(2);
  stop_secondary();
  volumes_ = {"v2", "v1"};
  start_secondary();
  ASSERT_TRUE(
      std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), second})));
  stop_secondary();
  start_secondary();
  bytes seen(512);
  ASSERT_TRUE(secondary_->read(1, seen, 0));
  EXPECT_EQ(static_cast<char>(seen[0]), 'b');
  stop_primary();
  volumes_ = {"v1", "v2"};
  start_primary();
  ASSERT_TRUE(primary_->write_and_wait(1, block('c'), 0, false));
  const marker_id third = sealed_marker(3);
  ASSERT_TRUE(
      std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), third})));
  ASSERT_TRUE(secondary_->read(0, seen, 0));
  EXPECT_EQ(static_cast<char>(seen[0]), 'c');
}

TEST_F(link_test, a_volume_that_the_primary_never_had_is_not_written_after_a_takeover) {
  start_secondary();
  start_primary();
  const marker_id at = sealed_marker(1);
  ASSERT_TRUE(std::holds_alternative<applied>(secondary_->selection()->on_apply({epoch(1), at})));
  stop_secondary();
  volumes_ = {"v1", "v2"};
  start_secondary();
  const auto told =
      secondary_->selection()->on_promote({epoch(1), at, system_random().make_uuid()});
  ASSERT_TRUE(std::holds_alternative<promoted>(told));
  EXPECT_TRUE(secondary_->facts()[0].writable);
  EXPECT_FALSE(secondary_->facts()[1].writable);
  ASSERT_TRUE(secondary_->write_and_wait(0, block('c'), 0, false));
  const auto refused = secondary_->write_and_wait(1, block('c'), 0, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EROFS);
}

TEST_F(link_test, stopping_does_not_wait_for_a_peer_that_is_away) {
  link_.port = 1;  // nobody listens there
  start_primary();
  ASSERT_TRUE(soon([&] { return !primary_->status().link_because.empty(); }));
  const auto before = std::chrono::steady_clock::now();
  stop_primary();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

}  // namespace
}  // namespace cairn

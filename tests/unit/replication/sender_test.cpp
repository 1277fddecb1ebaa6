// The sender's decisions, without a network: what each event makes it do.
#include "replication/sender.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace cairn {
namespace {

class sender_test : public testing::Test {
 protected:
  // At once, up to the answer to HELLO, of which the peer has `last`, all stored.
  void stream_from(std::uint64_t last) {
    own.finished = own.durable = own.shippable = sequence(1000);
    connect();
    take(hello_answer{link_version, incarnation(1), sequence(last), sequence(last)});
    ASSERT_TRUE(it.streaming());
  }
  void connect() {
    now = std::max(now, it.next_deadline_us());
    ASSERT_TRUE(has<open_connection>(it.on_time(own, now)));
    done = it.on_connected(greeting, now);
    ASSERT_TRUE(has<send_to_peer>(done));
  }
  void take(const link_message& m) { done = it.on_message(m, own, now); }
  void progress(std::uint64_t received, std::uint64_t stored) {
    take(link_progress{sequence(received), sequence(stored), {}, {}});
  }
  void wait_ms(std::uint64_t ms) {
    now += ms * 1000;
    done = it.on_time(own, now);
  }
  void send(std::uint64_t last, std::uint64_t size_bytes = 1024) {
    it.on_sent(sequence(last), size_bytes, now);
  }

  template <class A>
  static const A* find(const sender_actions& all) {
    for (const sender_action& one : all)
      if (const A* wanted = std::get_if<A>(&one)) return wanted;
    return nullptr;
  }
  template <class A>
  static bool has(const sender_actions& all) {
    return find<A>(all) != nullptr;
  }
  std::string because() const {
    const auto* state = find<tell_state>(done);
    return state ? state->because : "";
  }
  void expect_ended(const std::string& why, link_state state = link_state::connecting) {
    ASSERT_TRUE(has<end_connection>(done));
    EXPECT_TRUE(has<tell_lost>(done));
    EXPECT_NE(because().find(why), std::string::npos) << because();
    EXPECT_EQ(find<tell_state>(done)->state, state);
    EXPECT_FALSE(it.streaming());
    EXPECT_FALSE(it.next_stretch(own));
  }

  sender it;
  own_watermarks own;
  hello greeting = samples::a_hello();
  std::uint64_t now = 1'000'000;
  sender_actions done;

  sender_test() { greeting.oldest_held = sequence(1); }
};

TEST_F(sender_test, an_accepted_hello_opens_the_window_behind_what_the_peer_has) {
  stream_from(17);
  const auto order = it.next_stretch(own);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->first, sequence(18));
  EXPECT_EQ(order->last, sequence(1000));
  const auto* told = find<tell_progress>(done);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->peer.stored, sequence(17));
  EXPECT_EQ(told->sent, sequence(17));
}

TEST_F(sender_test, nothing_behind_a_seal_that_is_not_durable_is_shipped) {
  stream_from(0);
  own.shippable = sequence(5);
  EXPECT_EQ(it.next_stretch(own)->last, sequence(5));
  send(5);
  EXPECT_FALSE(it.next_stretch(own));
}

TEST_F(sender_test, nothing_unfinished_is_shipped) {
  stream_from(0);
  own.finished = sequence(3);
  EXPECT_EQ(it.next_stretch(own)->last, sequence(3));
}

TEST_F(sender_test, the_window_is_bounded_in_records) {
  stream_from(0);
  own.finished = own.shippable = sequence(1'000'000);
  std::uint64_t sent = 0;
  while (const auto order = it.next_stretch(own)) {
    EXPECT_LE(order->last.value - order->first.value, stretch_records_max - 1);
    sent = order->last.value;
    send(sent);
  }
  EXPECT_EQ(sent, 16384U);
  progress(10, 0);
  EXPECT_EQ(it.next_stretch(own)->last, sequence(16394));
}

TEST_F(sender_test, the_window_is_bounded_in_bytes) {
  stream_from(0);
  for (std::uint64_t n = 1; n <= 64; ++n) {
    ASSERT_TRUE(it.next_stretch(own));
    send(n, 1U << 20);
  }
  EXPECT_FALSE(it.next_stretch(own));
  progress(1, 1);
  EXPECT_TRUE(it.next_stretch(own));
}

TEST_F(sender_test, progress_is_passed_on) {
  stream_from(0);
  send(9);
  progress(7, 5);
  const auto* told = find<tell_progress>(done);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->peer.received, sequence(7));
  EXPECT_EQ(told->peer.stored, sequence(5));
  EXPECT_EQ(told->sent, sequence(9));
}

TEST_F(sender_test, a_peer_that_received_more_than_was_sent_loses_its_connection) {
  stream_from(0);
  send(9);
  progress(10, 5);
  expect_ended("received 10, but only 9 was sent");
}

TEST_F(sender_test, a_peer_that_stored_more_than_it_received_loses_its_connection) {
  stream_from(0);
  send(9);
  progress(5, 6);
  expect_ended("stored more than it received");
}

TEST_F(sender_test, a_peer_whose_progress_goes_back_loses_its_connection) {
  stream_from(0);
  send(9);
  progress(8, 5);
  progress(7, 5);
  expect_ended("went back");
}

TEST_F(sender_test, progress_before_the_answer_to_hello_ends_the_connection) {
  connect();
  progress(0, 0);
  expect_ended("before it answered");
}

TEST_F(sender_test, a_stretch_from_a_secondary_ends_the_connection) {
  stream_from(0);
  take(samples::a_stretch());
  expect_ended("only a primary sends");
}

TEST_F(sender_test, a_second_answer_to_hello_ends_the_connection) {
  stream_from(0);
  take(hello_answer{link_version, {}, {}, {}});
  expect_ended("twice");
}

TEST_F(sender_test, a_secondary_that_has_more_than_the_primary_is_refused) {
  own.finished = sequence(10);
  connect();
  take(hello_answer{link_version, incarnation(1), sequence(11), sequence(5)});
  expect_ended("diverged", link_state::refused);
}

TEST_F(sender_test, a_secondary_that_forgot_what_it_had_stored_is_refused) {
  stream_from(0);
  send(9);
  progress(9, 9);
  done = it.on_lost("reset", now);
  connect();
  take(hello_answer{link_version, incarnation(1), sequence(8), sequence(8)});
  expect_ended("lost records that it had stored", link_state::refused);
}

TEST_F(sender_test, a_secondary_that_lacks_what_was_trimmed_here_is_refused) {
  own.finished = sequence(1000);
  greeting.oldest_held = sequence(100);
  connect();
  take(hello_answer{link_version, incarnation(1), sequence(98), sequence(98)});
  expect_ended("must be copied again", link_state::refused);
}

TEST_F(sender_test, a_version_that_was_not_offered_is_refused) {
  connect();
  take(hello_answer{9, {}, {}, {}});
  expect_ended("version 9", link_state::refused);
}

TEST_F(sender_test, waiting_doubles_up_to_five_seconds) {
  std::vector<std::uint64_t> waits;
  for (int i = 0; i < 8; ++i) {
    now = std::max(now, it.next_deadline_us());
    ASSERT_TRUE(has<open_connection>(it.on_time(own, now)));
    it.on_lost("refused", now);
    waits.push_back((it.next_deadline_us() - now) / 1000);
  }
  EXPECT_EQ(waits, (std::vector<std::uint64_t>{100, 200, 400, 800, 1600, 3200, 5000, 5000}));
}

TEST_F(sender_test, a_connection_that_breaks_at_once_each_time_does_not_become_a_storm) {
  for (int i = 0; i < 8; ++i) {
    stream_from(0);
    it.on_lost("reset", now);
  }
  EXPECT_EQ(it.next_deadline_us() - now, 5'000'000U);
  stream_from(0);
  send(1);
  progress(1, 1);
  it.on_lost("reset", now);
  EXPECT_EQ(it.next_deadline_us() - now, 100'000U);
}

TEST_F(sender_test, heartbeats_are_sent_each_second_of_silence) {
  stream_from(0);
  progress(0, 0);
  wait_ms(999);
  EXPECT_FALSE(has<send_to_peer>(done));
  wait_ms(1);
  const auto* beat = find<send_to_peer>(done);
  ASSERT_TRUE(beat);
  EXPECT_EQ(std::get<link_heartbeat>(beat->message).finished, sequence(1000));
}

TEST_F(sender_test, a_silent_peer_is_given_up_after_five_seconds) {
  stream_from(0);
  for (int i = 0; i < 4; ++i) wait_ms(1000);
  EXPECT_TRUE(it.streaming());
  wait_ms(1000);
  expect_ended("fallen silent");
}

TEST_F(sender_test, heartbeats_do_not_save_a_connection_on_which_records_do_not_pass) {
  stream_from(0);
  send(5);
  for (int i = 0; i < 14; ++i) {
    wait_ms(1000);
    progress(0, 0);
  }
  EXPECT_TRUE(it.streaming());
  wait_ms(1000);
  expect_ended("takes no records");
}

TEST_F(sender_test, an_idle_connection_is_not_stalled) {
  stream_from(0);
  for (int i = 0; i < 60; ++i) {
    wait_ms(1000);
    progress(0, 0);
  }
  send(1);
  wait_ms(1000);
  EXPECT_TRUE(it.streaming());
}

TEST_F(sender_test, an_unanswered_hello_is_given_up) {
  connect();
  now = it.next_deadline_us();
  done = it.on_time(own, now);
  expect_ended("did not answer");
}

TEST_F(sender_test, a_secondary_of_a_newer_lineage_fences_for_good) {
  connect();
  lineage_history newer = greeting.lineages;
  newer.push_back({samples::id(9), newer.back().id, sequence(950)});
  take(refusal{refusal_code::old_lineage, "taken over", newer});
  ASSERT_TRUE(has<fence_member>(done));
  EXPECT_EQ(find<fence_member>(done)->because, "taken over");
  EXPECT_TRUE(it.ended());
  EXPECT_EQ(it.next_deadline_us(), ~0ULL);
  now += 3'600'000'000;
  EXPECT_TRUE(it.on_time(own, now).empty());
}

TEST_F(sender_test, a_takeover_is_not_believed_from_another_history) {
  connect();
  take(refusal{refusal_code::old_lineage,
               "taken over",
               {{samples::id(7), {}, {}}, {samples::id(9), samples::id(7), sequence(950)}}});
  EXPECT_FALSE(has<fence_member>(done));
  expect_ended("taken over", link_state::refused);
}

TEST_F(sender_test, a_refusal_is_tried_again_after_five_seconds) {
  connect();
  take(refusal{refusal_code::wrong_volumes, "volume log is missing", {}});
  expect_ended("volume log is missing", link_state::refused);
  EXPECT_EQ(it.next_deadline_us() - now, 5'000'000U);
}

TEST_F(sender_test, a_damaged_arrival_has_the_own_record_checked) {
  stream_from(0);
  send(9);
  take(link_damage{sequence(4), "data"});
  expect_ended("record 4 arrived damaged");
  ASSERT_TRUE(has<check_record>(done));
  EXPECT_EQ(find<check_record>(done)->at, sequence(4));
  now = it.next_deadline_us();
  EXPECT_TRUE(has<open_connection>(it.on_time(own, now)));
}

TEST_F(sender_test, damage_of_a_record_that_was_not_sent_is_not_looked_for) {
  stream_from(5);
  send(9);
  for (const std::uint64_t n : {5, 10}) {
    if (!it.streaming()) {
      connect();
      take(hello_answer{link_version, incarnation(1), sequence(5), sequence(5)});
      send(9);
    }
    take(link_damage{sequence(n), "data"});
    EXPECT_FALSE(has<check_record>(done));
    expect_ended("was not sent");
  }
}

TEST_F(sender_test, an_own_damaged_record_ends_what_is_sent_and_is_named_on_each_connection) {
  stream_from(0);
  send(2);
  done = it.on_damage(sequence(5), "record 5 at 17.seg:512: checksum");
  EXPECT_EQ(because(), "the journal is damaged: record 5 at 17.seg:512: checksum");
  EXPECT_EQ(it.next_stretch(own)->last, sequence(4));
  send(4);
  EXPECT_FALSE(it.next_stretch(own));
  it.on_lost("reset", now);
  connect();
  take(hello_answer{link_version, incarnation(1), sequence(2), sequence(2)});
  EXPECT_EQ(find<tell_state>(done)->state, link_state::refused);
  EXPECT_EQ(it.next_stretch(own)->last, sequence(4));
}

TEST_F(sender_test, an_own_damaged_record_that_the_peer_has_is_in_nobodys_way) {
  stream_from(0);
  it.on_damage(sequence(5), "checksum");
  it.on_lost("reset", now);
  connect();
  take(hello_answer{link_version, incarnation(1), sequence(5), sequence(5)});
  EXPECT_EQ(find<tell_state>(done)->state, link_state::connected);
  EXPECT_EQ(it.next_stretch(own)->last, sequence(1000));
}

TEST_F(sender_test, what_comes_after_the_end_of_a_connection_changes_nothing) {
  stream_from(0);
  it.on_lost("reset", now);
  EXPECT_TRUE(it.on_message(link_progress{}, own, now).empty());
  EXPECT_TRUE(it.on_lost("again", now).empty());
}

TEST_F(sender_test, a_watermark_that_passes_its_neighbour_here_ends_the_process) {
  stream_from(0);
  send(9);
  own.finished = sequence(8);  // a fault of ours: something was sent before it was finished
  EXPECT_DEATH(progress(9, 9), "I7");
}

}  // namespace
}  // namespace cairn

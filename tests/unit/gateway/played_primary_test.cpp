// A real secondary and a primary that the test plays, right or wrong.
#include "base/crc32c.h"
#include "base/log.h"
#include "tests/unit/gateway/link_fixture.h"
#include "tests/unit/gateway/raw_peer.h"

namespace cairn {
namespace {

class played_primary_test : public link_test {
 protected:
  void SetUp() override {
    link_test::SetUp();
    start_secondary();
    open_primary();  // without a link: it lends its HELLO
    greeting_ = primary_->source()->make_hello();
  }
  // Writes of 512 bytes from `first` to `last`.
  stretch writes(std::uint64_t first, std::uint64_t last) {
    stretch s;
    s.sender = greeting_.starts.back().number;
    s.first = sequence(first);
    s.last = sequence(last);
    const bytes content(512, std::byte{'k'});
    for (std::uint64_t n = first; n <= last; ++n) {
      record r;
      r.kind = record_kind::write;
      r.made_in = s.sender;
      r.seq = sequence(n);
      r.volume = 1;
      r.range = {512 * n, 512};
      r.data_length = 512;
      r.data_crc = crc32c(content);
      const auto header = encode_header(r, 0);
      const std::size_t at = s.records.size();
      s.records.resize(at + stored_bytes(512), std::byte{0});
      std::copy(header.begin(), header.end(), s.records.begin() + static_cast<long>(at));
      std::copy(content.begin(), content.end(),
                s.records.begin() + static_cast<long>(at + record_header_bytes));
    }
    return s;
  }
  void greet(raw_peer& peer, std::uint64_t expected_last) {
    peer.send(greeting_);
    const auto answer = peer.read_only<hello_answer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->last, sequence(expected_last));
  }
  void expect_stored(raw_peer& peer, std::uint64_t upto) {
    while (auto p = peer.read_only<link_progress>())
      if (p->stored == sequence(upto)) return;
    FAIL() << "the connection ended before record " << upto << " was stored";
  }
  void expect_refused(raw_peer& peer, refusal_code code, const std::string& because) {
    const auto no = peer.read_only<refusal>();
    ASSERT_TRUE(no);
    EXPECT_EQ(no->code, code);
    EXPECT_NE(no->reason.find(because), std::string::npos) << no->reason;
    EXPECT_FALSE(peer.read());
  }
  hello greeting_;
};

TEST_F(played_primary_test, stretches_are_stored_and_told) {
  raw_peer peer(link_);
  greet(peer, 0);
  peer.send(writes(1, 5));
  expect_stored(peer, 5);
}

TEST_F(played_primary_test, what_is_sent_again_is_skipped) {
  raw_peer peer(link_);
  greet(peer, 0);
  peer.send(writes(1, 5));
  peer.send(writes(1, 5));
  peer.send(writes(3, 8));
  expect_stored(peer, 8);
  EXPECT_EQ(secondary_->log().assigned(), sequence(8));
}

TEST_F(played_primary_test, a_newer_connection_replaces_an_older_one) {
  raw_peer old(link_);
  greet(old, 0);
  old.send(writes(1, 2));
  expect_stored(old, 2);
  raw_peer young(link_);
  greet(young, 2);
  EXPECT_FALSE(old.read_only<refusal>());
  young.send(writes(3, 3));
  expect_stored(young, 3);
}

TEST_F(played_primary_test, a_primary_of_another_version_is_told_and_the_status_says_it) {
  raw_peer peer(link_);
  auto newer = greeting_;
  newer.version_min = newer.version_max = link_version + 1;
  peer.send(newer);
  expect_refused(peer, refusal_code::version, "speaks version 2 of the link, the primary 3 to 3");
  EXPECT_EQ(link_of(*secondary_),
            "refused: this side speaks version 2 of the link, the primary 3 to 3");
}

TEST_F(played_primary_test, a_gap_becomes_a_record) {
  raw_peer peer(link_);
  greet(peer, 0);
  stretch s = writes(1, 1);
  s.last = sequence(3);
  s.gaps = {{sequence(2), sequence(3)}};
  peer.send(s);
  expect_stored(peer, 3);
  const auto rows = secondary_->log().rows(sequence(1), sequence(3), 10, ~0ULL);
  ASSERT_TRUE(rows && rows->size() == 3);
  EXPECT_EQ((*rows)[2].what.kind, record_kind::gap);
  EXPECT_NE((*rows)[2].at.segment, 0U);
}

TEST_F(played_primary_test, damaged_data_is_named_and_not_stored) {
  raw_peer peer(link_);
  greet(peer, 0);
  stretch s = writes(1, 3);
  s.records[1024 * 1 + 100] ^= std::byte{1};
  peer.send(s);
  const auto damage = peer.read_only<link_damage>();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->at, sequence(2));
  EXPECT_FALSE(peer.read());
  EXPECT_EQ(secondary_->log().assigned(), sequence(0));
}

TEST_F(played_primary_test, a_hole_a_foreign_start_and_a_copy_are_refused) {
  {
    raw_peer peer(link_);
    greet(peer, 0);
    peer.send(writes(2, 3));
    expect_refused(peer, refusal_code::protocol, "record 1 is next");
  }
  {
    raw_peer peer(link_);
    greet(peer, 0);
    stretch s = writes(1, 1);
    s.sender = s.sender.next();
    peer.send(s);
    expect_refused(peer, refusal_code::protocol, "a stretch of start 2");
  }
}

TEST_F(played_primary_test, another_group_is_refused_and_the_link_goes_on) {
  raw_peer good(link_);
  greet(good, 0);
  raw_peer stranger(link_);
  hello other = greeting_;
  other.group = "other";
  stranger.send(other);
  expect_refused(stranger, refusal_code::wrong_group_or_member, "no member m1 of group other");
  good.send(writes(1, 1));
  expect_stored(good, 1);
}

TEST_F(played_primary_test, another_journal_is_refused_and_the_link_goes_on) {
  raw_peer good(link_);
  greet(good, 0);
  raw_peer stranger(link_);
  hello other = greeting_;
  other.lineages.front().id = system_random().make_uuid();
  stranger.send(other);
  expect_refused(stranger, refusal_code::unknown_lineage, "diverged");
  good.send(writes(1, 1));
  expect_stored(good, 1);
}

TEST_F(played_primary_test, garbage_on_the_port_is_counted_and_disturbs_nobody) {
  raw_peer good(link_);
  greet(good, 0);
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const byte_view view = std::as_bytes(std::span(get));
  {
    raw_peer scanner(link_);
    scanner.send_bytes({view.begin(), view.end()});
    EXPECT_FALSE(scanner.read());
    raw_peer oversized(link_);
    bytes frame = encode(link_message(greeting_));
    store_le<std::uint32_t>(frame, 4, 1U << 31);
    oversized.send_bytes(frame);
    EXPECT_FALSE(oversized.read());
    raw_peer early(link_);
    early.send(writes(1, 1));
    expect_refused(early, refusal_code::protocol, "not a HELLO");
  }
  EXPECT_TRUE(soon([&] { return receiving_->turned_away() == 3; }));
  good.send(writes(1, 1));
  expect_stored(good, 1);
}

TEST_F(played_primary_test, a_frame_that_was_corrupted_ends_only_its_connection) {
  raw_peer peer(link_);
  greet(peer, 0);
  bytes frame = encode(link_message(writes(1, 1)));
  frame[18] ^= std::byte{4};
  peer.send_bytes(frame);
  EXPECT_FALSE(peer.read_only<refusal>());
  raw_peer again(link_);
  greet(again, 0);
  again.send(writes(1, 1));
  expect_stored(again, 1);
}

// Each refused attempt was a line, every few seconds for as long as the configurations differed.
TEST_F(played_primary_test, who_is_refused_again_and_again_is_one_line) {
  hello other_group = greeting_, other_journal = greeting_;
  other_group.group = "other";
  other_journal.lineages.front().id = system_random().make_uuid();
  raw_peer good(link_);
  greet(good, 0);
  set_log_level(log_level::warning);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    raw_peer stranger(link_), diverged(link_);
    stranger.send(other_group);
    expect_refused(stranger, refusal_code::wrong_group_or_member, "no member m1 of group other");
    diverged.send(other_journal);
    expect_refused(diverged, refusal_code::unknown_lineage, "diverged");
  }
  const auto log = testing::internal::GetCapturedStderr();
  set_log_level(log_level::notice);
  for (const std::string line : {"is refused: this gateway", "was refused as primary"}) {
    const auto first = log.find(line);
    ASSERT_NE(first, std::string::npos) << line << "\n" << log;
    EXPECT_EQ(log.find(line, first + 1), std::string::npos) << log;
  }
}

}  // namespace
}  // namespace cairn

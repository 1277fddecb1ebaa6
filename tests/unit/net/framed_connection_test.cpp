// Connections over real sockets on loopback: what arrives, and how each trouble ends.
#include "net/framed_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <optional>

#include "tests/unit/replication/samples.h"

namespace cairn {
namespace {

using connection = std::unique_ptr<framed_connection>;
constexpr milliseconds patience{5000};
constexpr milliseconds short_limit{50};

// Both ends of a connection, on one io_context that runs until the given coroutine ends.
struct pair_of_ends {
  asio::io_context io;
  connection near_end, far_end;
};

asio::awaitable<void> join(pair_of_ends& ends, listener& at) {
  result<connection> near_end = co_await connect_to("127.0.0.1", at.port(), patience);
  result<connection> far_end = co_await at.accept();
  ends.near_end = std::move(near_end.value());
  ends.far_end = std::move(far_end.value());
}

void run(asio::io_context& io, asio::awaitable<void> work) {
  std::exception_ptr trouble;
  bool done = false;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
    trouble = e;
    done = true;
  });
  io.restart();
  while (!done && io.run_one() > 0) {
  }
  EXPECT_TRUE(done);
  if (trouble) std::rethrow_exception(trouble);
}

class framed_connection_test : public testing::Test {
 protected:
  void SetUp() override {
    auto at = listener::open(ends.io, "127.0.0.1", 0);
    ASSERT_TRUE(at) << at.error().text;
    accepting = std::move(*at);
    run(ends.io, join(ends, *accepting));
  }
  pair_of_ends ends;
  std::unique_ptr<listener> accepting;
};

asio::awaitable<void> echo_links(pair_of_ends& ends) {
  for (const link_message& m : samples::link_messages()) {
    bytes frame = encode(m);
    const result<void> sent = co_await ends.near_end->write(std::move(frame), patience);
    EXPECT_TRUE(sent);
    const result<link_message> got = co_await ends.far_end->read_link(patience);
    EXPECT_TRUE(got && *got == m);
  }
}

TEST_F(framed_connection_test, messages_arrive_as_they_were_sent) {
  run(ends.io, echo_links(ends));
}

asio::awaitable<void> echo_control(pair_of_ends& ends) {
  for (const control_message& m : samples::control_messages()) {
    bytes frame = encode(m);
    const result<void> sent = co_await ends.far_end->write(std::move(frame), patience);
    EXPECT_TRUE(sent);
    const result<control_message> got = co_await ends.near_end->read_control(patience);
    EXPECT_TRUE(got && *got == m);
  }
}

TEST_F(framed_connection_test, control_messages_go_either_way) { run(ends.io, echo_control(ends)); }

asio::awaitable<void> expect_read(framed_connection& at, milliseconds limit, int code) {
  const result<link_message> got = co_await at.read_link(limit);
  EXPECT_TRUE(!got && got.error().code == code);
  EXPECT_FALSE(at.is_open());
  const result<link_message> again = co_await at.read_link(limit);
  EXPECT_TRUE(!again && again.error() == got.error());
}

asio::awaitable<void> write_raw(framed_connection& at, std::string text) {
  const byte_view view = std::as_bytes(std::span(text));
  bytes frame(view.begin(), view.end());
  const result<void> sent = co_await at.write(std::move(frame), patience);
  EXPECT_TRUE(sent);
}

TEST_F(framed_connection_test, a_silent_peer_is_found_after_the_limit) {
  run(ends.io, expect_read(*ends.near_end, short_limit, ETIMEDOUT));
}

TEST_F(framed_connection_test, an_orderly_end_is_told_as_a_reset) {
  ends.far_end->close();
  run(ends.io, expect_read(*ends.near_end, patience, ECONNRESET));
}

TEST_F(framed_connection_test, garbage_ends_the_connection_with_a_sentence) {
  run(ends.io, write_raw(*ends.near_end, "GET / HTTP/1.1\r\n\r\n"));
  run(ends.io, expect_read(*ends.far_end, patience, EPROTO));
}

TEST_F(framed_connection_test, an_oversized_frame_is_refused_by_its_prefix_alone) {
  bytes frame = encode(link_message(link_heartbeat{}));
  store_le<std::uint32_t>(frame, 8, 1U << 31);
  const std::string text(reinterpret_cast<const char*>(frame.data()), frame_prefix_bytes);
  run(ends.io, write_raw(*ends.near_end, text));
  run(ends.io, expect_read(*ends.far_end, patience, EPROTO));
}

TEST_F(framed_connection_test, a_frame_that_stops_half_way_runs_into_the_limit) {
  const bytes frame = encode(link_message(samples::a_stretch()));
  const std::string text(reinterpret_cast<const char*>(frame.data()), frame.size() / 2);
  run(ends.io, write_raw(*ends.near_end, text));
  run(ends.io, expect_read(*ends.far_end, short_limit, ETIMEDOUT));
}

TEST_F(framed_connection_test, a_corrupted_head_ends_the_connection) {
  bytes frame = encode(link_message(samples::a_stretch()));
  frame[18] ^= std::byte{1};
  const std::string text(reinterpret_cast<const char*>(frame.data()), frame.size());
  run(ends.io, write_raw(*ends.near_end, text));
  run(ends.io, expect_read(*ends.far_end, patience, EPROTO));
}

asio::awaitable<void> fill(pair_of_ends& ends) {
  result<void> sent;
  for (int i = 0; i < 1000 && sent; ++i) {
    bytes frame(1U << 20);
    sent = co_await ends.near_end->write(std::move(frame), short_limit);
  }
  EXPECT_TRUE(!sent && sent.error().code == ETIMEDOUT);
}

TEST_F(framed_connection_test, a_peer_that_takes_nothing_is_found_after_the_limit) {
  run(ends.io, fill(ends));
}

asio::awaitable<void> drip(pair_of_ends& ends, bool& stop) {
  const bytes frame = encode(link_message(samples::a_stretch()));
  for (std::size_t i = 0; i < frame.size() && !stop; ++i) {
    bytes one(1, frame[i]);
    const result<void> sent = co_await ends.near_end->write(std::move(one), patience);
    if (!sent) co_return;
    asio::steady_timer pause(ends.io, milliseconds(5));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

TEST_F(framed_connection_test, a_handshake_that_drips_is_ended_as_a_whole) {
  bool stop = false;
  asio::co_spawn(ends.io, drip(ends, stop), [](std::exception_ptr) {});
  ends.far_end->end_unless_lifted(short_limit);
  run(ends.io, expect_read(*ends.far_end, patience, ETIMEDOUT));
  stop = true;
}

asio::awaitable<void> lift_and_wait(pair_of_ends& ends) {
  ends.far_end->end_unless_lifted(short_limit);
  ends.far_end->lift_end();
  asio::steady_timer pause(ends.io, 2 * short_limit);
  co_await pause.async_wait(asio::use_awaitable);
  EXPECT_TRUE(ends.far_end->is_open());
}

TEST_F(framed_connection_test, a_lifted_end_does_not_come) { run(ends.io, lift_and_wait(ends)); }

TEST_F(framed_connection_test, closing_here_ends_a_read_that_is_under_way) {
  asio::steady_timer soon(ends.io, milliseconds(5));
  soon.async_wait([&](const std::error_code&) { ends.near_end->close(); });
  run(ends.io, expect_read(*ends.near_end, patience, ECANCELED));
}

asio::awaitable<void> refuse_and_finish(pair_of_ends& ends) {
  // Unread input at the refuser would make close() send a reset that overtakes the refusal.
  const link_message m = refusal{refusal_code::wrong_group_or_member, "no such member", {}};
  bytes heartbeat = encode(link_message(link_heartbeat{}));
  const result<void> unread = co_await ends.near_end->write(std::move(heartbeat), patience);
  bytes frame = encode(m);
  const result<void> sent = co_await ends.far_end->write(std::move(frame), patience);
  co_await ends.far_end->finish(short_limit);
  const result<link_message> got = co_await ends.near_end->read_link(patience);
  EXPECT_TRUE(unread && sent && got && *got == m);
}

TEST_F(framed_connection_test, a_refusal_arrives_although_the_connection_ends_behind_it) {
  run(ends.io, refuse_and_finish(ends));
}

TEST_F(framed_connection_test, a_connection_goes_on_in_another_io_context) {
  pair_of_ends moved;
  auto adopted = adopt_connection(moved.io, ends.near_end->release());
  ASSERT_TRUE(adopted) << adopted.error().text;
  EXPECT_EQ((*adopted)->peer().substr(0, 10), "127.0.0.1:");
  moved.near_end = std::move(*adopted);
  run(moved.io, write_raw(*moved.near_end, "x"));
}

asio::awaitable<void> connect_nowhere(std::uint16_t port) {
  const result<connection> got = co_await connect_to("127.0.0.1", port, patience);
  EXPECT_TRUE(!got && got.error().code == ECONNREFUSED);
}

TEST_F(framed_connection_test, a_refused_connect_names_the_place) {
  const std::uint16_t port = accepting->port();
  accepting->close();
  run(ends.io, connect_nowhere(port));
}

TEST_F(framed_connection_test, a_port_in_use_is_named) {
  const auto second = listener::open(ends.io, "127.0.0.1", accepting->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text, "listen on 127.0.0.1:" + std::to_string(accepting->port()) +
                                     ": Address already in use");
}

}  // namespace
}  // namespace cairn

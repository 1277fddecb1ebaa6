#include "net/framed_connection.h"

#include <algorithm>
#include <array>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace cairn {
namespace {

using asio::ip::tcp;
using steady = std::chrono::steady_clock;
constexpr auto never = steady::time_point::max();

std::string name_of_peer(const tcp::socket& socket) {
  std::error_code ec;
  const tcp::endpoint end = socket.remote_endpoint(ec);
  if (ec) return "a peer that is gone";
  const std::string host = end.address().to_string();
  return (end.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(end.port());
}

struct raw_frame {
  std::array<std::byte, frame_prefix_bytes> prefix{};
  raw_bytes head;
  raw_bytes body;
};

}  // namespace

// Shared with the handler of the timer, which may outlive the connection by one turn.
struct framed_connection::state : std::enable_shared_from_this<state> {
  explicit state(tcp::socket s)
      : socket(std::move(s)), timer(socket.get_executor()), peer(name_of_peer(socket)) {}

  tcp::socket socket;
  asio::steady_timer timer;
  std::string peer;
  error ended;  // why, once the socket is closed; the first reason stays
  steady::time_point read_by = never;
  steady::time_point write_by = never;
  steady::time_point end_by = never;
  steady::time_point armed_for = never;

  steady::time_point earliest() const { return std::min({read_by, write_by, end_by}); }

  void end(int code, const std::string& why) {
    if (ended.code == 0) ended = {code, "connection with " + peer + ": " + why};
    std::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    read_by = write_by = end_by = never;
  }

  // The timer is set anew only for an earlier moment: deadlines that move on cost one clock read.
  void arm() {
    const auto next = earliest();
    if (next >= armed_for) return;
    armed_for = next;
    timer.expires_at(next);
    timer.async_wait([weak = weak_from_this()](const std::error_code& ec) {
      const auto self = weak.lock();
      if (self && !ec) self->on_timer();
    });
  }

  void on_timer() {
    armed_for = never;
    const auto now = steady::now();
    if (now >= end_by) return end(ETIMEDOUT, "the handshake took too long");
    if (now >= read_by) return end(ETIMEDOUT, "nothing arrived for too long");
    if (now >= write_by) return end(ETIMEDOUT, "the peer took nothing for too long");
    arm();
  }

  void on_error(const std::error_code& ec) {
    if (ec == asio::error::eof) return end(ECONNRESET, "closed by the peer");
    end(ec.value(), ec.message());
  }

  asio::awaitable<bool> read_exactly(byte_span out, milliseconds limit) {
    while (!out.empty()) {
      if (ended.code != 0) co_return false;
      read_by = steady::now() + limit;
      arm();
      std::error_code ec;
      const auto room = asio::buffer(out.data(), out.size());
      const std::size_t n =
          co_await socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
      read_by = never;
      if (ec) {
        on_error(ec);
        co_return false;
      }
      out = out.subspan(n);
    }
    co_return true;
  }

  asio::awaitable<result<raw_frame>> read_frame(milliseconds limit) {
    raw_frame frame;
    const bool begun = co_await read_exactly(frame.prefix, limit);
    if (!begun) co_return fail(ended);
    const auto sizes = decode_prefix(frame.prefix);
    if (!sizes) {
      end(EPROTO, sizes.error().text);
      co_return fail(ended);
    }
    // Address space only: memory grows with what arrives, not with what a prefix announces.
    frame.head.resize(sizes->head);
    frame.body.resize(sizes->body);
    const bool has_head = co_await read_exactly(frame.head, limit);
    if (!has_head) co_return fail(ended);
    const bool has_body = co_await read_exactly(frame.body, limit);
    if (!has_body) co_return fail(ended);
    co_return std::move(frame);
  }

  asio::awaitable<result<void>> write_all(bytes head, raw_bytes body, milliseconds limit) {
    std::array<byte_view, 2> rest{byte_view(head), byte_view(body)};
    while (!rest[0].empty() || !rest[1].empty()) {
      if (ended.code != 0) co_return fail(ended);
      write_by = steady::now() + limit;
      arm();
      std::error_code ec;
      const std::array<asio::const_buffer, 2> parts{
          asio::const_buffer(rest[0].data(), rest[0].size()),
          asio::const_buffer(rest[1].data(), rest[1].size())};
      const std::size_t n =
          co_await socket.async_write_some(parts, asio::redirect_error(asio::use_awaitable, ec));
      write_by = never;
      if (ec) {
        on_error(ec);
        co_return fail(ended);
      }
      const auto of_first = std::min(n, rest[0].size());
      rest[0] = rest[0].subspan(of_first);
      rest[1] = rest[1].subspan(n - of_first);
    }
    co_return result<void>{};
  }

  asio::awaitable<void> drain(milliseconds limit) {
    std::array<std::byte, 4096> ignored;
    end_by = steady::now() + limit;
    arm();
    while (ended.code == 0) {
      std::error_code ec;
      const auto room = asio::buffer(ignored.data(), ignored.size());
      co_await socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
      if (ec) on_error(ec);
    }
  }

  // What `decode` says of the frame; a frame that breaks a rule ends the connection.
  template <class M>
  result<M> accepted(result<M> message) {
    if (message) return message;
    end(EPROTO, message.error().text);
    return fail(ended);
  }
};

framed_connection::framed_connection(tcp::socket socket)
    : state_(std::make_shared<state>(std::move(socket))) {
  std::error_code ignored;
  state_->socket.set_option(tcp::no_delay(true), ignored);
}

framed_connection::~framed_connection() { close(); }

const std::string& framed_connection::peer() const { return state_->peer; }
bool framed_connection::is_open() const { return state_->ended.code == 0; }
asio::any_io_executor framed_connection::executor() const { return state_->socket.get_executor(); }

bool framed_connection::has_input() const {
  std::error_code ignored;
  return state_->socket.available(ignored) > 0;
}

asio::awaitable<result<link_message>> framed_connection::read_link(milliseconds limit) {
  const auto self = state_;
  result<raw_frame> frame = co_await self->read_frame(limit);
  if (!frame) co_return fail(frame.error());
  co_return self->accepted(decode_link(frame->prefix, frame->head, std::move(frame->body)));
}

asio::awaitable<result<control_message>> framed_connection::read_control(milliseconds limit) {
  const auto self = state_;
  const result<raw_frame> frame = co_await self->read_frame(limit);
  if (!frame) co_return fail(frame.error());
  if (!frame->body.empty()) {
    self->end(EPROTO, "frame: a body without a stretch");
    co_return fail(self->ended);
  }
  co_return self->accepted(decode_control(frame->prefix, frame->head));
}

asio::awaitable<result<void>> framed_connection::write(bytes frame, milliseconds limit) {
  const auto self = state_;
  raw_bytes no_body;
  const result<void> done = co_await self->write_all(std::move(frame), std::move(no_body), limit);
  co_return done;
}

asio::awaitable<result<void>> framed_connection::write(bytes head, raw_bytes body,
                                                       milliseconds limit) {
  const auto self = state_;
  const result<void> done = co_await self->write_all(std::move(head), std::move(body), limit);
  co_return done;
}

void framed_connection::end_unless_lifted(milliseconds limit) {
  state_->end_by = steady::now() + limit;
  state_->arm();
}

void framed_connection::lift_end() { state_->end_by = never; }

asio::awaitable<void> framed_connection::finish(milliseconds limit) {
  const auto self = state_;
  std::error_code ignored;
  self->socket.shutdown(tcp::socket::shutdown_send, ignored);
  co_await self->drain(limit);
}

void framed_connection::close() { state_->end(ECANCELED, "closed on this side"); }

int framed_connection::release() {
  std::error_code ec;
  const int descriptor = state_->socket.release(ec);
  state_->end(ECANCELED, "handed over");
  return ec ? -1 : descriptor;
}

}  // namespace cairn

#include "gateway/link/receiver_session.h"

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <cerrno>
#include <optional>

#include "base/log.h"
#include "base/repeated_lines.h"
#include "gateway/link/receiving_end.h"
#include "gateway/link/sync_thread.h"
#include "net/framed_connection.h"
#include "net/pulse.h"

namespace cairn {
namespace {

using wire_end = std::shared_ptr<framed_connection>;
using steady = std::chrono::steady_clock;

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

log_subject about(const member& one) { return {one.config().group, one.config().name, {}}; }

// A connection on its way from the listener to an answer; counted, so that a crowd of them can't
// use up the process's descriptors.
struct guest {
  guest(int d, std::atomic<std::size_t>& c) : descriptor(d), count(&c) { ++c; }
  guest(guest&& other) noexcept
      : descriptor(std::exchange(other.descriptor, -1)),
        count(std::exchange(other.count, nullptr)) {}
  guest& operator=(guest&&) = delete;
  ~guest() {
    if (descriptor >= 0) ::close(descriptor);
    if (count) --*count;
  }
  int descriptor;  // -1: a framed_connection owns it
  std::atomic<std::size_t>* count;
};

}  // namespace

class receiver_session::impl {
 public:
  impl(member& owner, const receiver_settings& settings)
      : owner_(owner),
        settings_(settings),
        end_(owner, [this](bool soon) { syncs_.want(soon); }),
        syncs_(about(owner), owner.log(), settings.sync_pause,
               [this] { asio::post(io_, [this] { on_synced(); }); }) {}

  void start();
  void stop();
  void take_over(int descriptor, hello greeting);
  member& owner() const { return owner_; }

 private:
  // ---- on the session's thread only
  void on_synced();
  void say_progress() { something_to_tell_.cancel(); }
  bool current(const wire_end& wire) const { return wire && wire == wire_; }
  log_subject subject() const { return about(owner_); }
  void lose(const std::string& why);
  void replace(wire_end wire, const hello_answer& answer);

  static asio::awaitable<void> greet(impl* self, wire_end wire, hello greeting, guest counted);
  static asio::awaitable<void> listen(impl* self, wire_end wire);
  static asio::awaitable<void> speak(impl* self, wire_end wire, bytes first);
  static asio::awaitable<void> part(wire_end wire, link_message last_word, milliseconds limit);

  std::atomic<std::size_t> guests_{0};
  // So early that it goes late: what is suspended in it may still hold the rest.
  asio::io_context io_{1};
  pulse pulse_{io_};
  member& owner_;
  const receiver_settings settings_;
  receiving_end end_;
  wire_end wire_;            // the current connection's; none: not connected
  repeated_lines refusals_;  // a primary that is refused tries again every few seconds
  asio::steady_timer something_to_tell_{io_};
  sync_thread syncs_;
  std::thread thread_;
};

void receiver_session::impl::start() {
  owner_.set_link(link_state::connecting, "no primary has connected yet");
  thread_ = std::thread([this] {
    const auto stay = asio::make_work_guard(io_);
    pulse_.run("member " + owner_.config().name + ": link");
  });
  syncs_.start();
}

void receiver_session::impl::stop() {
  if (!thread_.joinable()) return;
  syncs_.stop();
  io_.stop();
  thread_.join();
  if (wire_) wire_->close();
}

void receiver_session::impl::take_over(int descriptor, hello greeting) {
  guest arrived(descriptor, guests_);
  if (guests_ > settings_.guests_max)
    return log_warning("link: too many connections to member " + greeting.member + " at once",
                       log_event::link_refused, subject());
  asio::post(io_, [this, arrived = std::move(arrived), greeting = std::move(greeting)]() mutable {
    auto adopted = adopt_connection(io_, arrived.descriptor);
    if (!adopted) return log_warning("link: " + adopted.error().text, log_event::none, subject());
    arrived.descriptor = -1;
    asio::co_spawn(io_, greet(this, std::move(*adopted), std::move(greeting), std::move(arrived)),
                   rethrow);
  });
}

asio::awaitable<void> receiver_session::impl::part(wire_end wire, link_message last_word,
                                                   milliseconds limit) {
  bytes frame = encode(last_word);
  const result<void> sent = co_await wire->write(std::move(frame), limit);
  if (sent) co_await wire->finish(limit);
  wire->close();
}

asio::awaitable<void> receiver_session::impl::greet(impl* self, wire_end wire, hello greeting,
                                                    guest) {
  auto verdict = self->end_.on_hello(greeting);
  if (const auto* answer = std::get_if<hello_answer>(&verdict)) {
    self->refusals_.forget(wire->peer());
    co_return self->replace(wire, *answer);
  }
  link_message last_word = std::get<refusal>(std::move(verdict));
  self->refusals_.warn("link: " + wire->peer() + " was refused as primary of member " +
                           greeting.member + ": " + std::get<refusal>(last_word).reason,
                       wire->peer(), log_event::link_refused, self->subject());
  co_await part(wire, std::move(last_word), self->settings_.farewell);
}

// By a newer connection, where there was one.
void receiver_session::impl::replace(wire_end wire, const hello_answer& answer) {
  if (wire_) wire_->close();
  wire_ = wire;
  say_progress();  // so that speak() of the older one sees its end
  asio::co_spawn(io_, listen(this, wire), rethrow);
  asio::co_spawn(io_, speak(this, wire, encode(link_message(answer))), rethrow);
}

void receiver_session::impl::lose(const std::string& why) {
  wire_->close();
  wire_.reset();
  end_.on_lost(why);
  say_progress();  // so that speak() sees the end
}

void receiver_session::impl::on_synced() {
  end_.on_synced();
  say_progress();
}

asio::awaitable<void> receiver_session::impl::listen(impl* self, wire_end wire) {
  while (self->current(wire)) {
    const result<link_message> message = co_await wire->read_link(self->settings_.silence);
    if (!self->current(wire)) break;
    if (!message) {
      self->lose(message.error().text);
      break;
    }
    std::optional<link_message> last_word = self->end_.on_message(*message);
    self->say_progress();
    if (!last_word) continue;
    // The connection is nobody's any more, but lives until the peer has read why.
    const wire_end parting = std::exchange(self->wire_, nullptr);
    link_message said = std::move(*last_word);
    co_await part(parting, std::move(said), self->settings_.farewell);
    break;
  }
}

asio::awaitable<void> receiver_session::impl::speak(impl* self, wire_end wire, bytes first) {
  result<void> sent = co_await wire->write(std::move(first), self->settings_.silence);
  auto heartbeat = steady::now() + self->settings_.heartbeat;
  while (sent && self->current(wire)) {
    const auto news = self->end_.tell(steady::now() >= heartbeat);
    if (news) {
      heartbeat = steady::now() + self->settings_.heartbeat;
      bytes frame = encode(link_message(*news));
      sent = co_await wire->write(std::move(frame), self->settings_.silence);
      continue;
    }
    self->something_to_tell_.expires_at(heartbeat);
    std::error_code woken;
    co_await self->something_to_tell_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (!sent && self->current(wire)) self->lose(sent.error().text);
}

receiver_session::receiver_session(member& owner, const receiver_settings& settings)
    : impl_(std::make_unique<impl>(owner, settings)) {}
receiver_session::~receiver_session() { stop(); }
void receiver_session::start() { impl_->start(); }
void receiver_session::stop() { impl_->stop(); }
member& receiver_session::owner() const { return impl_->owner(); }
void receiver_session::take_over(int descriptor, hello greeting) {
  impl_->take_over(descriptor, std::move(greeting));
}

}  // namespace cairn

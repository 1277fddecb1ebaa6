#include "gateway/link/sender_link.h"

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <deque>
#include <thread>

#include "base/log.h"
#include "gateway/link/sending_end.h"
#include "net/framed_connection.h"
#include "net/pulse.h"

namespace cairn {
namespace {

using wire_end = std::shared_ptr<framed_connection>;

std::uint64_t now_us() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

// After a stretch that was not full, so that a busy host's records travel some at a time and not
// one by one. The first record after an idle moment does not wait.
constexpr std::chrono::microseconds gather_pause(500);
constexpr std::size_t full_bytes = 64U << 10;

milliseconds in_ms(std::uint64_t us) { return milliseconds(us / 1000); }

struct outgoing {
  bytes head;  // or the whole frame
  raw_bytes body;
};

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

class sender_link::impl {
 public:
  impl(member& owner, sender_settings settings) : owner_(owner), settings_(settings) {}

  void start();
  void greet_again();
  void stop();

 private:
  // ---- on the link's thread only
  void turn();  // whatever is due by now
  void arm();   // after each event: what it made is sent, and turn() comes in time
  void drop();
  bool current(const wire_end& wire) const { return wire && wire == wire_; }
  std::optional<outgoing> next_frame();

  static asio::awaitable<void> dial(impl* self);
  static asio::awaitable<void> listen(impl* self, wire_end wire);
  static asio::awaitable<void> speak(impl* self, wire_end wire);

  // First, so that it goes last: what is suspended in it may still hold the rest.
  asio::io_context io_{1};
  pulse pulse_{io_};
  member& owner_;
  source_face* source_ = nullptr;  // from start() on
  const sender_settings settings_;
  std::optional<sending_end> end_;  // from start() on
  wire_end wire_;                   // none: not connected
  std::deque<bytes> outbox_;        // frames that go before the next stretch
  asio::steady_timer due_{io_};
  asio::steady_timer something_to_send_{io_};
  asio::steady_timer gather_{io_};
  std::atomic<bool> woken_{false};
  std::thread thread_;
};

void sender_link::impl::start() {
  const member_state state = owner_.log().state();
  if (state.role == member_role::fenced)
    return owner_.set_link(link_state::refused, "fenced: " + state.fenced_because);
  source_ = owner_.source();
  if (!source_)
    return owner_.set_link(link_state::refused, std::string("this side is ") + name_of(state.role));
  end_.emplace(owner_, *source_, settings_,
               sending_end::wire{[this] { asio::co_spawn(io_, dial(this), rethrow); },
                                 [this](const link_message& m) { outbox_.push_back(encode(m)); },
                                 [this] { drop(); }});
  source_->on_progress([this] {
    if (woken_.exchange(true)) return;
    asio::post(io_, [this] {
      woken_ = false;
      something_to_send_.cancel();
    });
  });
  asio::post(io_, [this] { turn(); });
  thread_ = std::thread([this] {
    const auto stay = asio::make_work_guard(io_);
    pulse_.run("member " + owner_.config().name + ": link");
  });
}

void sender_link::impl::greet_again() {
  asio::post(io_, [this] {
    if (!wire_) return;  // the next HELLO is not made yet
    end_->on_lost("the volumes have grown", now_us());
    arm();
  });
}

void sender_link::impl::stop() {
  if (!thread_.joinable()) return;
  source_->on_progress({});
  io_.stop();
  thread_.join();
  if (wire_) wire_->close();
}

void sender_link::impl::turn() {
  end_->on_time(now_us());
  arm();
}

void sender_link::impl::arm() {
  something_to_send_.cancel();
  const std::uint64_t at = end_->next_deadline_us();
  if (at == ~std::uint64_t{0}) return;
  due_.expires_at(asio::steady_timer::time_point(std::chrono::microseconds(at)));
  due_.async_wait([this](const std::error_code& ec) {
    if (!ec) turn();
  });
}

void sender_link::impl::drop() {
  if (wire_) wire_->close();
  wire_.reset();
  outbox_.clear();
}

asio::awaitable<void> sender_link::impl::dial(impl* self) {
  const endpoint to = *self->owner_.config().peer;
  result<std::unique_ptr<framed_connection>> made =
      co_await connect_to(to.host, to.port, in_ms(self->settings_.handshake_us));
  if (!made) {
    self->end_->on_lost(made.error().text, now_us());
    self->arm();
    co_return;
  }
  self->drop();
  self->wire_ = std::move(*made);
  self->end_->on_connected(now_us());
  self->arm();
  if (!self->wire_) co_return;
  asio::co_spawn(self->io_, listen(self, self->wire_), rethrow);
  asio::co_spawn(self->io_, speak(self, self->wire_), rethrow);
}

asio::awaitable<void> sender_link::impl::listen(impl* self, wire_end wire) {
  const milliseconds limit = in_ms(self->settings_.silence_us);
  while (self->current(wire)) {
    const result<link_message> message = co_await wire->read_link(limit);
    if (!self->current(wire)) break;
    if (message)
      self->end_->on_message(*message, now_us());
    else
      self->end_->on_lost(message.error().text, now_us());
    self->arm();
  }
}

// What goes out next, or nothing for now. Reading the journal may block; that is what this thread
// is for.
std::optional<outgoing> sender_link::impl::next_frame() {
  if (!outbox_.empty()) {
    outgoing frame{std::move(outbox_.front()), {}};
    outbox_.pop_front();
    return frame;
  }
  auto records = end_->next_stretch(now_us());
  if (!records) {
    arm();
    return {};
  }
  auto head = encode_head(*records);
  return outgoing{std::move(head), std::move(records->records)};
}

asio::awaitable<void> sender_link::impl::speak(impl* self, wire_end wire) {
  const milliseconds limit = in_ms(self->settings_.stall_us);
  while (self->current(wire)) {
    std::optional<outgoing> frame = self->next_frame();
    if (!frame) {
      self->source_->want_wake();
      frame = self->next_frame();  // what came before the wish has woken nobody
    }
    if (!self->current(wire)) break;
    if (!frame) {
      self->something_to_send_.expires_at(asio::steady_timer::time_point::max());
      std::error_code woken;
      co_await self->something_to_send_.async_wait(
          asio::redirect_error(asio::use_awaitable, woken));
      continue;
    }
    bytes head = std::move(frame->head);
    raw_bytes body = std::move(frame->body);
    const std::size_t size = body.size();
    const result<void> sent = co_await wire->write(std::move(head), std::move(body), limit);
    if (!sent && self->current(wire)) self->end_->on_lost(sent.error().text, now_us());
    self->arm();
    if (size >= full_bytes) continue;
    std::error_code ignored;
    self->gather_.expires_after(gather_pause);
    co_await self->gather_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

sender_link::sender_link(member& owner, sender_settings settings)
    : impl_(std::make_unique<impl>(owner, settings)) {}
sender_link::~sender_link() { stop(); }
void sender_link::start() { impl_->start(); }
void sender_link::greet_again() { impl_->greet_again(); }
void sender_link::stop() { impl_->stop(); }

}  // namespace cairn

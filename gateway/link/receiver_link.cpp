#include "gateway/link/receiver_link.h"

#include <asio/co_spawn.hpp>
#include <atomic>
#include <thread>

#include "base/log.h"
#include "base/repeated_lines.h"
#include "net/framed_connection.h"
#include "net/pulse.h"

namespace cairn {
namespace {

using connection = std::unique_ptr<framed_connection>;

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

class receiver_link::impl {
 public:
  explicit impl(const receiver_settings& settings) : settings_(settings) {}

  result<void> bind(const endpoint& at);
  void add(member& one) { sessions_.push_back(std::make_unique<receiver_session>(one, settings_)); }
  void start();
  void stop();
  std::uint64_t turned_away() const { return turned_away_; }

 private:
  static asio::awaitable<void> accept_all(impl* self);
  static asio::awaitable<void> greet(impl* self, connection wire);
  static asio::awaitable<void> introduce(impl* self, framed_connection& wire);
  receiver_session* find(const hello& greeting) const;
  void turn_away(const framed_connection& wire, const std::string& why);

  // First, so that it goes last: what is suspended in it may still hold the rest.
  asio::io_context io_{1};
  pulse pulse_{io_};
  const receiver_settings settings_;
  std::unique_ptr<listener> door_;
  std::vector<std::unique_ptr<receiver_session>> sessions_;
  std::size_t greeting_ = 0;
  std::atomic<std::uint64_t> turned_away_{0};
  repeated_lines refusals_;
  std::thread thread_;
};

result<void> receiver_link::impl::bind(const endpoint& at) {
  auto door = listener::open(io_, at.host, at.port);
  if (!door) return fail_in("link", door.error());
  door_ = std::move(*door);
  return {};
}

void receiver_link::impl::start() {
  for (const auto& each : sessions_) each->start();
  asio::co_spawn(io_, accept_all(this), rethrow);
  thread_ = std::thread([this] { pulse_.run("link: greetings"); });
}

// First nobody hands over any more, then those that were handed to end.
void receiver_link::impl::stop() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
  door_->close();
  for (const auto& each : sessions_) each->stop();
}

void receiver_link::impl::turn_away(const framed_connection& wire, const std::string& why) {
  ++turned_away_;
  refusals_.warn("link: " + why, wire.peer(), log_event::link_refused);
}

receiver_session* receiver_link::impl::find(const hello& greeting) const {
  for (const auto& each : sessions_) {
    const member_config& c = each->owner().config();
    if (c.group == greeting.group && c.name == greeting.member) return each.get();
  }
  return nullptr;
}

asio::awaitable<void> receiver_link::impl::accept_all(impl* self) {
  for (;;) {
    result<connection> wire = co_await self->door_->accept();
    if (!wire) co_return;
    if (self->greeting_ == self->settings_.greeting_max) {
      self->turn_away(**wire,
                      (*wire)->peer() + " is turned away: too many connections without a HELLO");
      continue;
    }
    asio::co_spawn(self->io_, greet(self, std::move(*wire)), rethrow);
  }
}

asio::awaitable<void> receiver_link::impl::greet(impl* self, connection wire) {
  ++self->greeting_;
  co_await introduce(self, *wire);
  --self->greeting_;
}

asio::awaitable<void> receiver_link::impl::introduce(impl* self, framed_connection& wire) {
  wire.end_unless_lifted(self->settings_.handshake);
  const result<link_message> first = co_await wire.read_link(self->settings_.handshake);
  if (!first) {
    self->turn_away(wire, first.error().text);
    co_return;
  }
  const auto* greeting = std::get_if<hello>(&*first);
  receiver_session* session = greeting ? self->find(*greeting) : nullptr;
  if (session) {
    wire.lift_end();
    const int descriptor = wire.release();
    if (descriptor >= 0) session->take_over(descriptor, *greeting);
    co_return;
  }
  refusal no;
  no.code = greeting ? refusal_code::wrong_group_or_member : refusal_code::protocol;
  no.reason = greeting ? "this gateway is secondary for no member " + greeting->member +
                             " of group " + greeting->group
                       : "the first message is not a HELLO";
  self->turn_away(wire, wire.peer() + " is refused: " + no.reason);
  bytes frame = encode(link_message(no));
  const result<void> sent = co_await wire.write(std::move(frame), self->settings_.farewell);
  if (sent) co_await wire.finish(self->settings_.farewell);
}

receiver_link::receiver_link(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
receiver_link::~receiver_link() { stop(); }

result<std::unique_ptr<receiver_link>> receiver_link::open(const endpoint& at,
                                                           const std::vector<member*>& members,
                                                           receiver_settings settings) {
  auto made = std::make_unique<impl>(settings);
  CAIRN_TRY(made->bind(at));
  for (member* one : members) made->add(*one);
  return std::unique_ptr<receiver_link>(new receiver_link(std::move(made)));
}

void receiver_link::start() { impl_->start(); }
void receiver_link::stop() { impl_->stop(); }
std::uint64_t receiver_link::turned_away() const { return impl_->turned_away(); }

}  // namespace cairn

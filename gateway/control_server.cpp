#include "gateway/control_server.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <map>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/repeated_lines.h"
#include "base/thread_priority.h"
#include "gateway/control_session.h"
#include "gateway/task_thread.h"
#include "net/control_channel.h"
#include "net/pulse.h"

namespace cairn {
namespace {

constexpr std::size_t connections_max = 64;
constexpr milliseconds hello_limit(5'000);
// A coordinator asks for the status each second at least; one that doesn't is gone.
constexpr milliseconds silence_limit(30'000);
constexpr milliseconds finish_limit(2'000);

using steady = std::chrono::steady_clock;

// The threads in which a member obeys (control_session.h): its disk keeps nobody else waiting.
struct desk {
  explicit desk(const member& of)
      : rounds("member " + of.config().name + ": rounds"),
        selection("member " + of.config().name + ": selection") {}
  task_thread rounds, selection;
};

}  // namespace

class control_server::impl {
 public:
  impl(std::shared_ptr<asio::io_context> io, std::unique_ptr<listener> door,
       std::vector<member*> members, status_addition add)
      : io_(std::move(io)),
        door_(std::move(door)),
        members_(std::move(members)),
        add_(std::move(add)) {
    for (const member* m : members_) desks_.try_emplace(m, *m);
  }

  void start() {
    for (auto& [of, each] : desks_) {
      each.rounds.start(run_ahead);
      each.selection.start();
    }
    asio::co_spawn(*io_, accept_all(this), asio::detached);
    thread_ = std::thread([this] {
      run_ahead();
      pulse_.run("control");
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(*io_, [this] {
      stopping_ = true;
      pulse_.stop();
      door_->close();
      for (const auto& c : connections_) c->channel->close();
    });
    thread_.join();
    for (auto& [of, each] : desks_) {
      each.rounds.stop();
      each.selection.stop();
    }
  }

  std::uint16_t port() const { return door_->port(); }

 private:
  struct connection {
    std::shared_ptr<control_channel> channel;
    std::string name;                          // of the coordinator, and where it is
    std::shared_ptr<control_session> session;  // none: not greeted yet
    log_subject subject() const {
      const auto& of = session->to().config();
      return {of.group, of.name, {}};
    }
  };
  using connection_ptr = std::shared_ptr<connection>;

  static asio::awaitable<void> accept_all(impl* self);
  static asio::awaitable<void> serve(impl* self, connection_ptr c);
  static asio::awaitable<bool> welcome(impl* self, connection_ptr c);
  bool introduce(const connection_ptr& c, const control_message& first);
  bool take(const connection_ptr& c, const control_message& m);
  void hand_over(task_thread& to, const connection_ptr& c, const control_message& m);
  control_session::reply replies_to(const connection_ptr& c) const;

  // Shared with the replies that members keep: one that comes after the end finds a context that
  // does not run any more.
  std::shared_ptr<asio::io_context> io_;
  pulse pulse_{*io_};
  std::unique_ptr<listener> door_;
  const std::vector<member*> members_;
  const status_addition add_;  // or none
  std::map<const member*, desk> desks_;
  std::set<connection_ptr> connections_;
  repeated_lines refusals_;  // a coordinator that is refused tries again every two seconds
  bool stopping_ = false;
  std::thread thread_;
};

asio::awaitable<void> control_server::impl::accept_all(impl* self) {
  for (;;) {
    result<std::unique_ptr<framed_connection>> wire = co_await self->door_->accept();
    if (!wire || self->stopping_) co_return;
    if (self->connections_.size() == connections_max) {
      self->refusals_.warn("control: too many connections, " + (*wire)->peer() + " is turned away",
                           (*wire)->peer(), log_event::control_refused);
      continue;
    }
    auto c = std::make_shared<connection>();
    c->channel = std::make_shared<control_channel>(std::move(*wire));
    c->name = c->channel->peer();
    self->connections_.insert(c);
    asio::co_spawn(*self->io_, serve(self, std::move(c)), asio::detached);
  }
}

asio::awaitable<void> control_server::impl::serve(impl* self, connection_ptr c) {
  const bool greeted = co_await welcome(self, c);
  while (greeted) {
    const result<control_message> message = co_await c->channel->read(silence_limit);
    if (!message) {
      if (!self->stopping_)
        log_notice("control: " + c->name + ": " + message.error().text, log_event::control_down,
                   c->subject());
      break;
    }
    if (!self->take(c, *message)) break;
  }
  c->channel->close();
  self->connections_.erase(c);
}

asio::awaitable<bool> control_server::impl::welcome(impl* self, connection_ptr c) {
  c->channel->wire().end_unless_lifted(hello_limit);
  const result<control_message> first = co_await c->channel->read(hello_limit);
  c->channel->wire().lift_end();
  if (!first) {
    if (!self->stopping_) log_notice("control: " + first.error().text);
    co_return false;
  }
  if (self->introduce(c, *first)) co_return true;
  co_await c->channel->finish(finish_limit);
  co_return false;
}

// false: refused, and told so.
bool control_server::impl::introduce(const connection_ptr& c, const control_message& first) {
  const control_greeting hello = greet(first, members_);
  c->channel->send(hello.answer);
  if (!hello.to) {
    refusals_.warn(
        "control: " + c->name + " refused: " + std::get<control_refusal>(hello.answer).reason,
        c->name, log_event::control_refused);
    return false;
  }
  refusals_.forget(c->name);
  c->session = std::make_shared<control_session>(*hello.to, replies_to(c), add_);
  c->name = "coordinator " + hello.name + " at " + c->channel->peer() + " (member " +
            hello.to->config().name + ")";
  log_notice("control: " + c->name + " connected", log_event::control_up, c->subject());
  return true;
}

// false: the connection ends.
bool control_server::impl::take(const connection_ptr& c, const control_message& m) {
  const auto turn = turn_of(m);
  if (!turn) {
    log_warning("control: " + c->name + ": a message that only a gateway sends",
                log_event::control_refused, c->subject());
    return false;
  }
  if (!c->session->admit(*turn)) return true;
  auto& at = desks_.at(&c->session->to());
  if (*turn == control_turn::at_once)
    c->session->obey(m, steady::now());
  else
    hand_over(*turn == control_turn::round ? at.rounds : at.selection, c, m);
  return true;
}

void control_server::impl::hand_over(task_thread& to, const connection_ptr& c,
                                     const control_message& m) {
  const auto taken =
      to.post([session = c->session, m] { session->obey(m, std::chrono::steady_clock::now()); });
  if (!taken) c->session->turn_away(m);
}

control_session::reply control_server::impl::replies_to(const connection_ptr& c) const {
  return [io = io_, weak = std::weak_ptr(c)](const control_message& m) {
    asio::dispatch(*io, [weak, m] {
      if (const auto live = weak.lock()) live->channel->send(m);
    });
  };
}

result<std::unique_ptr<control_server>> control_server::open(const endpoint& at,
                                                             std::vector<member*> members,
                                                             status_addition add) {
  auto io = std::make_shared<asio::io_context>(1);
  auto door = listener::open(*io, at.host, at.port);
  if (!door) return fail_in("control", door.error());
  return std::unique_ptr<control_server>(new control_server(
      std::make_unique<impl>(std::move(io), std::move(*door), std::move(members), std::move(add))));
}

control_server::control_server(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
control_server::~control_server() { stop(); }
void control_server::start() { impl_->start(); }
void control_server::stop() { impl_->stop(); }
std::uint16_t control_server::port() const { return impl_->port(); }

}  // namespace cairn

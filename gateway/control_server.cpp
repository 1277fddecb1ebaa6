#include "gateway/control_server.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <optional>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/repeated_lines.h"
#include "base/thread_priority.h"
#include "net/control_channel.h"
#include "net/pulse.h"

namespace cairn {
namespace {

constexpr std::size_t connections_max = 64;
constexpr std::size_t pool_threads = 4;  // members of one gateway that apply at the same time
constexpr milliseconds hello_limit(5'000);
// A coordinator asks for the status each second at least; one that doesn't is gone.
constexpr milliseconds silence_limit(30'000);
constexpr milliseconds finish_limit(2'000);

using steady = std::chrono::steady_clock;

}  // namespace

class control_server::impl {
 public:
  impl(std::shared_ptr<asio::io_context> io, std::unique_ptr<listener> door,
       std::vector<member*> members, status_addition add)
      : io_(std::move(io)),
        door_(std::move(door)),
        members_(std::move(members)),
        add_(std::move(add)) {}

  void start() {
    pool_.emplace(pool_threads);  // not before: a thread does not survive nbdkit's fork
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
      for (const auto& s : sessions_) s->channel->close();
    });
    thread_.join();
    pool_->stop();  // what waits for a thread is not begun any more
    pool_->join();
  }

  std::uint16_t port() const { return door_->port(); }

 private:
  // One connection. `busy`: a request is in the pool; a repeated one meanwhile is dropped, because
  // the answer to the first is the answer to both.
  struct session {
    std::shared_ptr<control_channel> channel;
    member* to = nullptr;
    std::string name;  // of the coordinator, and where it is
    bool busy = false;
    log_subject subject() const { return {to->config().group, to->config().name, {}}; }
  };
  using session_ptr = std::shared_ptr<session>;

  static asio::awaitable<void> accept_all(impl* self);
  static asio::awaitable<void> serve(impl* self, session_ptr s);
  static asio::awaitable<bool> greet(impl* self, session_ptr s);
  void obey(const session_ptr& s, const control_message& m);
  void in_pool(const session_ptr& s, std::function<control_message()> request);
  member::reply replies_to(const session_ptr& s);
  member* find(const coordinator_hello& hello) const;
  member_status status_of(const member& m) const;

  // Shared with the replies that members keep: one that comes after the end finds a context that
  // does not run any more.
  std::shared_ptr<asio::io_context> io_;
  pulse pulse_{*io_};
  std::unique_ptr<listener> door_;
  std::vector<member*> members_;
  const status_addition add_;  // or none
  std::set<session_ptr> sessions_;
  repeated_lines refusals_;  // a coordinator that is refused tries again every two seconds
  bool stopping_ = false;
  std::optional<asio::thread_pool> pool_;  // while it runs
  std::thread thread_;
};

asio::awaitable<void> control_server::impl::accept_all(impl* self) {
  for (;;) {
    result<std::unique_ptr<framed_connection>> wire = co_await self->door_->accept();
    if (!wire || self->stopping_) co_return;
    if (self->sessions_.size() == connections_max) {
      self->refusals_.warn("control: too many connections, " + (*wire)->peer() + " is turned away",
                           (*wire)->peer(), log_event::control_refused);
      continue;
    }
    auto s = std::make_shared<session>();
    s->channel = std::make_shared<control_channel>(std::move(*wire));
    s->name = s->channel->peer();
    self->sessions_.insert(s);
    asio::co_spawn(*self->io_, serve(self, std::move(s)), asio::detached);
  }
}

asio::awaitable<void> control_server::impl::serve(impl* self, session_ptr s) {
  const bool welcome = co_await greet(self, s);
  while (welcome) {
    const result<control_message> message = co_await s->channel->read(silence_limit);
    if (!message) {
      if (!self->stopping_)
        log_notice("control: " + s->name + ": " + message.error().text, log_event::control_down,
                   s->subject());
      break;
    }
    self->obey(s, *message);
  }
  s->channel->close();
  self->sessions_.erase(s);
}

asio::awaitable<bool> control_server::impl::greet(impl* self, session_ptr s) {
  s->channel->wire().end_unless_lifted(hello_limit);
  const result<control_message> first = co_await s->channel->read(hello_limit);
  s->channel->wire().lift_end();
  if (!first) {
    if (!self->stopping_) log_notice("control: " + first.error().text);
    co_return false;
  }
  const auto* hello = std::get_if<coordinator_hello>(&*first);
  control_refusal refusal;
  refusal.about = "HELLO";
  if (!hello)
    refusal.reason = "the first message is not a hello";
  else if (hello->version != control_version)
    refusal.reason = "this gateway speaks version " + std::to_string(control_version) +
                     " of the control protocol, coordinator " + hello->coordinator + " version " +
                     std::to_string(hello->version);
  else if (!(s->to = self->find(*hello)))
    refusal.reason = "this gateway has no member " + hello->member + " of group " + hello->group;
  if (!s->to) {
    self->refusals_.warn("control: " + s->name + " refused: " + refusal.reason, s->name,
                         log_event::control_refused);
    s->channel->send(refusal);
    co_await s->channel->finish(finish_limit);
    co_return false;
  }
  self->refusals_.forget(s->name);
  s->name = "coordinator " + hello->coordinator + " at " + s->channel->peer() + " (member " +
            hello->member + ")";
  log_notice("control: " + s->name + " connected", log_event::control_up, s->subject());
  s->channel->send(s->to->welcome());
  co_return true;
}

member* control_server::impl::find(const coordinator_hello& hello) const {
  for (member* m : members_)
    if (m->config().group == hello.group && m->config().name == hello.member) return m;
  return nullptr;
}

member_status control_server::impl::status_of(const member& m) const {
  member_status s = m.status();
  if (add_) add_(s);
  return s;
}

void control_server::impl::obey(const session_ptr& s, const control_message& m) {
  member* const to = s->to;
  if (const auto* k = std::get_if<mark>(&m)) return to->on_mark(*k, steady::now(), replies_to(s));
  if (const auto* r = std::get_if<release>(&m)) return to->on_release(*r, steady::now());
  if (const auto* a = std::get_if<abandon>(&m)) return to->on_abandon(*a, steady::now());
  if (std::holds_alternative<status_request>(m)) return s->channel->send(status_of(*to));
  if (const auto* r = std::get_if<report>(&m))
    return in_pool(s, [to, r = *r] { return to->on_report(r); });
  if (const auto* a = std::get_if<apply>(&m))
    return in_pool(s, [to, a = *a] { return to->on_apply(a); });
  if (const auto* p = std::get_if<promote>(&m))
    return in_pool(s, [to, p = *p] { return to->on_promote(p); });
  log_warning("control: " + s->name + ": a message that only a gateway sends",
              log_event::control_refused, s->subject());
  s->channel->close();
}

void control_server::impl::in_pool(const session_ptr& s, std::function<control_message()> request) {
  if (std::exchange(s->busy, true)) return;
  asio::post(*pool_, [io = io_, weak = std::weak_ptr(s), request = std::move(request)] {
    asio::post(*io, [weak, answer = request()] {
      const auto live = weak.lock();
      if (!live) return;
      live->busy = false;
      live->channel->send(answer);
    });
  });
}

member::reply control_server::impl::replies_to(const session_ptr& s) {
  return [io = io_, weak = std::weak_ptr(s)](const control_message& m) {
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
  if (!door) return fail(door.error().code, "control: " + door.error().text);
  return std::unique_ptr<control_server>(new control_server(
      std::make_unique<impl>(std::move(io), std::move(*door), std::move(members), std::move(add))));
}

control_server::control_server(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
control_server::~control_server() { stop(); }
void control_server::start() { impl_->start(); }
void control_server::stop() { impl_->stop(); }
std::uint16_t control_server::port() const { return impl_->port(); }

}  // namespace cairn

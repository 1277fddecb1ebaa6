#include "coordinator/coordinator_loop.h"

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <future>

#include "base/log.h"
#include "base/thread_priority.h"

namespace cairn {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t rows_max = 1000;

std::uint64_t microseconds(std::chrono::milliseconds ms) {
  return static_cast<std::uint64_t>(ms.count()) * 1000;
}

// Often enough to be live, seldom enough to cost nothing.
std::uint64_t poll_interval_us(const coordinator_config& config) {
  return std::clamp<std::uint64_t>(microseconds(config.marker_interval), 200'000, 1'000'000);
}

}  // namespace

coordinator_loop::coordinator_loop(const coordinator_config& config,
                                   std::unique_ptr<state_store> store)
    : config_(config),
      poll_us_(poll_interval_us(config)),
      store_(std::move(store)),
      history_(*store_),
      board_(config.members, poll_us_) {
  started_us_ = now_us();
  member_events& hears = *this;
  for (std::size_t i = 0; i < config_.members.size(); ++i) {
    coordinator_hello hello;
    hello.group = config_.group;
    hello.member = config_.members[i].name;
    hello.coordinator = config_.name;
    connections_.push_back(std::make_unique<member_connection>(io_, i, config_.members[i].control,
                                                               std::move(hello), hears));
  }
}

coordinator_loop::~coordinator_loop() { stop(); }

void coordinator_loop::start() {
  for (const auto& c : connections_) c->start();
  asio::post(io_, [this] { poll(); });
  running_ = true;
  thread_ = std::thread([this] {
    run_ahead();
    pulse_.run("coordinator");
  });
}

void coordinator_loop::stop() {
  if (!thread_.joinable()) return;
  running_ = false;
  asio::post(io_, [this] {
    pulse_.stop();
    timer_.cancel();
    poll_timer_.cancel();
    for (const auto& c : connections_) c->stop();
    history_.try_again();
  });
  thread_.join();
}

// ---- a configuration that was read again

void coordinator_loop::reload(const coordinator_config& now) {
  in_loop([this, now] { return take(now), true; }, false);
}

std::string coordinator_loop::verdict() const {
  return verdict_.with([](const std::string& v) { return v; });
}

void coordinator_loop::take(const coordinator_config& now) {
  auto taken = config_;
  taken.log_level = now.log_level;
  taken.marker_interval = now.marker_interval;
  taken.hold_limit = now.hold_limit;
  taken.rpo_target = now.rpo_target;
  const bool changed = !(taken == config_);
  config_ = taken;
  poll_us_ = poll_interval_us(config_);
  board_.set_poll(poll_us_);
  set_log_level(log_level_named(now.log_level));
  pace_changed();
  log_notice(std::string("the configuration was read again; ") +
                 (changed ? "log and markers are taken from it" : "nothing is to be taken"),
             log_event::configuration_taken, {config_.group, {}, {}});
  if (!(taken == now))
    log_warning(
        "only `log` and [markers] are taken from the configuration while the coordinator runs; "
        "what else has changed takes a restart",
        log_event::restart_needed, {config_.group, {}, {}});
  arm();
}

// ---- from other threads

// The lambda may outlive a caller that gave up because of stop(): it owns all that it touches,
// except for this object, whose io_context runs it.
template <class F, class T>
T coordinator_loop::in_loop(F f, T otherwise) {
  const auto answer = std::make_shared<std::promise<T>>();
  auto ready = answer->get_future();
  if (!running_) return otherwise;
  asio::post(io_, [answer, f = std::move(f)]() mutable { answer->set_value(f()); });
  while (ready.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
    if (!running_) return otherwise;
  return ready.get();
}

group_snapshot coordinator_loop::snapshot() {
  return in_loop([this] { return make_snapshot(); }, group_snapshot{});
}

std::vector<marker_view> coordinator_loop::markers(std::size_t limit) {
  const auto read = [this, limit] {
    auto rows = store_->markers(std::min(limit, rows_max)).value_or(std::vector<marker_view>{});
    mark_known(rows);
    return rows;
  };
  return in_loop(read, std::vector<marker_view>{});
}

std::vector<event_view> coordinator_loop::events(std::uint64_t after) {
  const auto read = [this, after] {
    return store_->events(after, rows_max).value_or(std::vector<event_view>{});
  };
  return in_loop(read, std::vector<event_view>{});
}

std::optional<operation_view> coordinator_loop::operation(std::uint64_t id) {
  const auto read = [this, id] {
    auto view = operations_.view(id, now_us());
    if (view && view->state == operation_state::running) describe(*view);
    return view;
  };
  return in_loop(read, std::optional<operation_view>{});
}

using operation_id = result<std::uint64_t>;

static operation_id stopping() { return fail(ESHUTDOWN, "the coordinator is stopping"); }

operation_id coordinator_loop::marker_now(const std::string& name) {
  return in_loop(
      [this, name] {
        auto id = begin_marker(name);
        turn();
        return id;
      },
      stopping());
}

operation_id coordinator_loop::plan_takeover(std::optional<marker_number> at) {
  return in_loop(
      [this, at] {
        auto id = begin_plan(at);
        turn();
        return id;
      },
      stopping());
}

operation_id coordinator_loop::run_takeover(std::optional<marker_number> at) {
  return in_loop(
      [this, at] {
        auto id = begin_takeover(at);
        turn();
        return id;
      },
      stopping());
}

// ---- what a role doesn't have

operation_id coordinator_loop::begin_marker(const std::string&) {
  return fail(ENOTSUP, "markers are made by the group's primary coordinator, not by this one");
}

operation_id coordinator_loop::begin_plan(std::optional<marker_number>) {
  return fail(ENOTSUP, "a takeover is run by the group's secondary coordinator, not by this one");
}

operation_id coordinator_loop::begin_takeover(std::optional<marker_number> at) {
  return begin_plan(at);
}

// ---- in the coordinator's thread

std::uint64_t coordinator_loop::now_us() const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(steady::now().time_since_epoch())
          .count());
}

void coordinator_loop::send(std::size_t member, const control_message& m) {
  connections_[member]->send(m);
}

void coordinator_loop::event(const char* level, const std::string& sentence, log_event what,
                             const std::string& member) {
  const std::string named(level);
  log(named == "error"     ? log_level::error
      : named == "warning" ? log_level::warning
                           : log_level::notice,
      sentence, what, {config_.group, member, {}});
  history_.add([named, sentence, at = display_now_ms()](state_store& store) {
    return store.add_event(named, sentence, at);
  });
}

// A line when it begins, or is found to be final, and one when it is over.
void coordinator_loop::tell_state() {
  const auto& trouble = persisting().trouble();
  if (trouble.has_value() == told_trouble_.has_value() &&
      (!trouble || trouble->final == told_trouble_->final))
    return;
  told_trouble_ = trouble;
  if (!trouble)
    event("notice", "the coordinator's state is written again", log_event::state_goes_on);
  else if (trouble->final)
    event("error", trouble->sentence, log_event::state_failed);
  else
    event("warning", trouble->sentence, log_event::state_waits);
}

void coordinator_loop::on_connected(std::size_t member, const member_hello& hello) {
  board_.on_connected(member, now_us());
  event("notice", board_.name(member) + ": connected to its gateway at " + board_.control(member),
        log_event::control_up, board_.name(member));
  connected(member, hello);
  send(member, status_request{});
  turn();
}

void coordinator_loop::on_lost(std::size_t member, const std::string& why) {
  const bool was = board_.connected(member);
  if (board_.on_lost(member, why, now_us()))
    event("warning", board_.name(member) + (was ? ": lost: " : ": not connected: ") + why,
          log_event::control_down, board_.name(member));
  if (was) lost(member);
  turn();
}

void coordinator_loop::on_message(std::size_t member, const control_message& m) {
  board_.on_heard(member, now_us());
  if (const auto* status = std::get_if<member_status>(&m))
    board_.on_status(member, *status, now_us());
  received(member, m);
  turn();
}

void coordinator_loop::poll() {
  for (std::size_t i = 0; i < board_.size(); ++i)
    if (board_.connected(i)) send(i, status_request{});
  history_.try_again();
  verdict_.with([this, now = make_snapshot().verdict](std::string& v) { v = now; });
  poll_timer_.expires_after(std::chrono::microseconds(poll_us_));
  poll_timer_.async_wait([this](const std::error_code& ec) {
    if (!ec && running_) poll();
  });
  turn();
}

void coordinator_loop::turn() {
  time_passed();
  tell_state();
  arm();
}

// The timer is set anew only when the deadline has moved.
void coordinator_loop::arm() {
  const std::uint64_t next = deadline_us();
  if (next == armed_us_ || !running_) return;
  armed_us_ = next;
  const std::uint64_t far = now_us() + 3'600'000'000;
  timer_.expires_at(steady::time_point(std::chrono::microseconds(std::min(next, far))));
  timer_.async_wait([this](const std::error_code& ec) {
    if (ec) return;
    armed_us_ = 0;
    turn();
  });
}

group_snapshot coordinator_loop::make_snapshot() {
  const std::uint64_t now = now_us();
  group_snapshot s;
  s.coordinator = config_.name;
  s.group = config_.group;
  s.primary = config_.primary;
  s.up_ms = (now - started_us_) / 1000;
  s.interval_ms = static_cast<std::uint64_t>(config_.marker_interval.count());
  s.hold_limit_ms = static_cast<std::uint64_t>(config_.hold_limit.count());
  s.rpo_target_ms = static_cast<std::uint64_t>(config_.rpo_target.count());
  s.poll_ms = poll_us_ / 1000;
  s.members = board_.view(now);
  board_.add_lag(s, now);
  fill(s);
  if (const auto& trouble = persisting().trouble()) {
    s.state_trouble = trouble->sentence;
    s.state_failed = trouble->final;
  }
  holdback_.add_since(s.holding, now);
  judge(s);
  return s;
}

}  // namespace cairn

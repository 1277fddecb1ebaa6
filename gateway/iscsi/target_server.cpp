#include "gateway/iscsi/target_server.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <list>
#include <map>
#include <thread>

#include "base/heartbeat.h"
#include "base/log.h"
#include "gateway/iscsi/connection.h"
#include "gateway/iscsi/told_portals.h"
#include "iscsi/discovery.h"

namespace cairn::iscsi {
namespace {

using asio::ip::tcp;

constexpr std::ptrdiff_t sessions_max = 128;
constexpr std::size_t strangers_max = 32;  // that have not logged in; one more, and the oldest goes
constexpr std::size_t pool_threads = 16;   // a flush of each of as many hosts, side by side
constexpr std::size_t writer_threads = 16;  // of each member: its hosts' FUA writes, side by side
constexpr std::chrono::milliseconds accept_pause{200};
constexpr std::chrono::milliseconds watch_every{5};
constexpr std::chrono::milliseconds idle_every{250};  // while nobody is connected
constexpr unsigned look_every = 50;                   // of those

// Of the network that append to the journal; there is one more, for when they are stuck.
int appending_threads() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 8U));
}

using strand = asio::strand<asio::io_context::executor_type>;
using strand_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, strand>;
using acceptor = asio::basic_socket_acceptor<tcp, strand>;

result<acceptor> listen_on(const strand& on, const endpoint& at) {
  asio::error_code failed;
  const tcp::endpoint where(asio::ip::make_address(at.host, failed), at.port);
  acceptor door(on);
  if (!failed) door.open(where.protocol(), failed);
  if (!failed) door.set_option(acceptor::reuse_address(true), failed);
  if (!failed) door.bind(where, failed);
  if (!failed) door.listen(asio::socket_base::max_listen_connections, failed);
  if (failed)
    return fail(failed.value(), "iSCSI: listen on " + at.text() + ": " + failed.message());
  return door;
}

}  // namespace

class target_server::impl {
 public:
  impl(const server_options& options, random_source& random, std::unique_ptr<reservation_rows> rows)
      : options_(options), reservations_(std::move(rows)), around_{io_, random, appends_, nullptr,
                                                                   {},  {},     {},       {}} {}
  ~impl() { stop(); }

  result<void> bind();
  void start();
  void stop();
  void look_at_sizes();
  std::vector<std::uint16_t> ports() const;
  std::vector<volume_session> sessions() const;

 private:
  void make_targets();
  void run();
  void accept(std::size_t door);
  void accept_later(std::size_t door, const std::string& why);
  void welcome(tcp::socket socket);
  bool connected() const;
  void watch();
  void look_at_sessions();
  std::shared_ptr<target> find(const std::string& name) const;
  result<text_answer> answer(const session_identity& who, byte_view text,
                             const endpoint& local) const;
  std::vector<std::string> listening(const endpoint& asked_at) const;

  const server_options options_;
  const std::unique_ptr<reservation_rows> reservations_;
  std::atomic<bool> stopping_{false};
  asio::io_context io_;
  std::optional<asio::thread_pool> pool_;  // while it runs: a thread does not survive nbdkit's fork
  std::map<const host_face*, asio::thread_pool> writers_;  // the same
  append_permits appends_{appending_threads()};
  connection_surroundings around_;
  const strand strand_{io_.get_executor()};  // of doors_ and timer_
  std::vector<acceptor> doors_;
  std::vector<endpoint> doors_at_;  // with the ports that they have
  std::vector<std::shared_ptr<target>> targets_;
  mutable std::mutex mutex_;  // guards connections_
  std::list<std::shared_ptr<connection>> connections_;
  std::atomic<std::uint16_t> tsih_{0};
  guarded<std::vector<volume_session>> sessions_;
  std::atomic<bool> looking_{false};  // a pool thread gathers them
  unsigned watched_ = 0;
  std::optional<strand_timer> timer_;
  std::vector<std::thread> threads_;
};

void target_server::impl::make_targets() {
  for (const auto& each : options_.exports) {
    around_.rules.targets.push_back(each.rules);
    targets_.push_back(std::make_shared<target>(
        target_export{each.rules.name, each.volume, each.block_bytes}, *reservations_, stopping_));
  }
  around_.rules.discovery = options_.discovery;
  if (!options_.digests.empty()) around_.rules.digests = options_.digests;
  around_.find = [this](const std::string& name) { return find(name); };
  around_.answer_text = [this](const session_identity& who, byte_view text, const endpoint& local) {
    return answer(who, text, local);
  };
  around_.next_tsih = [this] {
    for (;;)
      if (const std::uint16_t n = ++tsih_; n != 0) return n;
  };
}

result<void> target_server::impl::bind() {
  make_targets();
  for (const auto& at : options_.listen) {
    auto door = listen_on(strand_, at);
    if (!door) return fail(door.error());
    doors_at_.push_back({at.host, door->local_endpoint().port()});
    doors_.push_back(std::move(*door));
  }
  return {};
}

void target_server::impl::start() {
  io_.notify_fork(asio::execution_context::fork_child);
  pool_.emplace(pool_threads);
  around_.pool = &*pool_;
  for (const auto& each : targets_)
    each->use(writers_.try_emplace(each->owner(), writer_threads).first->second);
  for (std::size_t i = 0; i < doors_.size(); ++i) accept(i);
  timer_.emplace(strand_);
  watch();
  for (int i = 0; i <= appending_threads(); ++i) threads_.emplace_back([this] { run(); });
}

// Several threads share the context, so none of them has a pulse of its own: it rests but for what
// could make it hang, a connection's turn or the look at all of them.
void target_server::impl::run() {
  const watched_thread watched("iSCSI: connections");
  const resting until_something_comes;
  io_.run();
}

void target_server::impl::stop() {
  if (threads_.empty()) return;
  stopping_ = true;
  asio::post(strand_, [this] {
    for (auto& door : doors_) door.close();
    timer_->cancel();
  });
  std::list<std::shared_ptr<connection>> all;
  {
    const std::lock_guard lock(mutex_);
    all = connections_;
  }
  for (const auto& each : all) each->end("the gateway stops");
  pool_->join();  // what was begun is finished
  for (auto& [owner, pool] : writers_) pool.join();
  io_.stop();
  for (auto& t : threads_) t.join();
  threads_.clear();
  sessions_.with([](auto& shown) { shown.clear(); });
  const std::lock_guard lock(mutex_);
  connections_.clear();
}

void target_server::impl::accept(std::size_t door) {
  doors_[door].async_accept(io_, [this, door](const asio::error_code& failed, tcp::socket socket) {
    if (stopping_ || failed == asio::error::operation_aborted) return;
    if (failed) return accept_later(door, failed.message());
    welcome(std::move(socket));
    accept(door);
  });
}

// The process is out of descriptors or of memory: it would fail again at once.
void target_server::impl::accept_later(std::size_t door, const std::string& why) {
  log_warning("iSCSI: accept: " + why);
  const auto pause = std::make_shared<strand_timer>(strand_, accept_pause);
  pause->async_wait([this, door, pause](const asio::error_code&) {
    if (!stopping_) accept(door);
  });
}

void target_server::impl::welcome(tcp::socket socket) {
  auto c = std::make_shared<connection>(around_, std::move(socket));
  std::vector<std::shared_ptr<connection>> strangers;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // who ends them all has looked already
    for (const auto& each : connections_)
      if (!each->logged_in() && !each->ended()) strangers.push_back(each);
    const auto logged_in = [](const auto& each) { return each->logged_in(); };
    if (std::ranges::count_if(connections_, logged_in) >= sessions_max) {
      log_warning("iSCSI: too many sessions, one more connection is turned away");
      return;
    }
    connections_.push_back(c);
  }
  c->start();
  if (strangers.size() < strangers_max) return;
  asio::post(io_, [oldest = strangers.front()] {
    oldest->end("too many connections that have not logged in; this was the oldest");
  });
}

bool target_server::impl::connected() const {
  const std::lock_guard lock(mutex_);
  return !connections_.empty();
}

void target_server::impl::watch() {
  timer_->expires_after(connected() ? watch_every : idle_every);
  timer_->async_wait([this](const asio::error_code& failed) {
    if (failed || stopping_) return;
    const doing looks(thread_does::working);
    std::list<std::shared_ptr<connection>> all;
    {
      const std::lock_guard lock(mutex_);
      connections_.remove_if([](const auto& c) { return c->gone(); });
      all = connections_;
    }
    const auto now = connection::clock::now();
    for (const auto& each : all) each->watch(now);
    if (++watched_ % look_every == 0) look_at_sessions();
    watch();
  });
}

// In the pool: a connection may be waiting for a disk in its login, with its lock held, and who
// asks for the sessions is the thread that obeys MARK.
void target_server::impl::look_at_sessions() {
  if (looking_.exchange(true)) return;
  asio::post(*pool_, [this] {
    std::list<std::shared_ptr<connection>> all;
    {
      const std::lock_guard lock(mutex_);
      all = connections_;
    }
    std::vector<volume_session> found;
    for (const auto& each : all)
      if (auto s = each->status()) found.push_back(std::move(*s));
    sessions_.with([&](auto& shown) { shown = std::move(found); });
    looking_ = false;
  });
}

std::shared_ptr<target> target_server::impl::find(const std::string& name) const {
  for (const auto& each : targets_)
    if (each->name() == name) return each;
  return nullptr;
}

// A secondary's volumes are not told of before promotion.
result<text_answer> target_server::impl::answer(const session_identity& who, byte_view text,
                                                const endpoint& local) const {
  login_rules shown = around_.rules;
  std::erase_if(shown.targets, [&](const target_rules& t) { return !find(t.name)->exported(); });
  return answer_text(shown, who, options_.portals.empty() ? listening(local) : options_.portals,
                     text);
}

std::vector<std::string> target_server::impl::listening(const endpoint& asked_at) const {
  std::vector<std::string> out;
  for (const auto& each : told_portals(doors_at_, asked_at)) out.push_back(each.text());
  return out;
}

void target_server::impl::look_at_sizes() {
  for (const auto& each : targets_) each->look_at_size();
}

std::vector<std::uint16_t> target_server::impl::ports() const {
  std::vector<std::uint16_t> out;
  for (const auto& at : doors_at_) out.push_back(at.port);
  return out;
}

std::vector<volume_session> target_server::impl::sessions() const {
  return sessions_.with([](const auto& shown) { return shown; });
}

target_server::target_server(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
target_server::~target_server() = default;

result<std::unique_ptr<target_server>> target_server::open(disk& on, const server_options& options,
                                                           random_source& random) {
  auto rows = reservation_rows::open(on, options.state_directory);
  if (!rows) return fail(rows.error());
  auto made = std::make_unique<impl>(options, random, std::move(*rows));
  CAIRN_TRY(made->bind());
  return std::unique_ptr<target_server>(new target_server(std::move(made)));
}

void target_server::start() { impl_->start(); }
void target_server::stop() { impl_->stop(); }
void target_server::look_at_sizes() { impl_->look_at_sizes(); }
std::vector<std::uint16_t> target_server::ports() const { return impl_->ports(); }
std::vector<volume_session> target_server::sessions() const { return impl_->sessions(); }

}  // namespace cairn::iscsi

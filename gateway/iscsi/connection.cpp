#include "gateway/iscsi/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "base/heartbeat.h"
#include "base/log.h"

namespace cairn::iscsi {
namespace {

using namespace std::chrono_literals;

constexpr auto login_limit = 15s;
constexpr auto quiet_limit = 30s;    // then a ping; as long again, then it is gone
constexpr auto look_every = 250ms;   // at the volume's role, and for a ping
constexpr auto stuck_limit = 5ms;    // of a thread in the journal
constexpr auto serve_at_once = 1ms;  // then other connections have their turn
constexpr std::size_t tasks_at_once = 64;
constexpr std::size_t parts_max = 96;  // of one sendmsg

endpoint endpoint_of(const asio::ip::tcp::endpoint& e) {
  return {e.address().to_string(), e.port()};
}

}  // namespace

connection::connection(connection_surroundings& around, asio::ip::tcp::socket socket)
    : around_(around),
      socket_(std::move(socket)),
      fd_(socket_.native_handle()),
      stream_(around.rules.data_segment_max),
      began_(clock::now()),
      heard_(began_) {
  asio::error_code failed;
  socket_.set_option(asio::ip::tcp::no_delay(true), failed);
  socket_.non_blocking(true, failed);
  peer_ = endpoint_of(socket_.remote_endpoint(failed)).text();
  local_ = endpoint_of(socket_.local_endpoint(failed));
}

connection::~connection() = default;

void connection::start() {
  const std::lock_guard lock(mutex_);
  login_.emplace(
      around_.rules, around_.random,
      [this](const session_identity& who, std::uint16_t tsih) { return open_session(who, tsih); });
  post_serve();
}

void connection::post_serve() {
  scheduled_ = true;
  asio::post(around_.io, [self = shared_from_this()] { self->serve(); });
}

// ---- the thread that serves

void connection::serve() {
  const doing serves(thread_does::working);
  std::unique_lock lock(mutex_);
  if (serving_) return;
  serving_ = true;
  scheduled_ = true;  // what ends meanwhile is seen by this thread
  const auto mine = ++turns_;
  const auto until = clock::now() + serve_at_once;
  for (;;) {
    const bool again = turn(lock);
    if (mine != turns_) return;  // another thread took over while this one was stuck
    if (again && clock::now() < until) continue;
    if (again) {
      serving_ = false;
      return post_serve();
    }
    scheduled_ = false;
    // What was finished before `scheduled_` fell was not posted.
    if (results_.with([](const auto& r) { return r.empty(); })) break;
    scheduled_ = true;
  }
  serving_ = false;
  ended_ ? leave_when_idle() : wait();
}

// false: there is nothing to do until the socket or the storage has something.
bool connection::turn(std::unique_lock<std::mutex>& lock) {
  take_results();
  if (ended_) return false;
  const bool reads = !close_when_sent_ && (!session_ || session_->wants_input());
  const bool came = reads && receive();
  if (ended_ || !take_pdus()) return false;
  const auto mine = turns_;
  bool ran = false;
  while (session_ && run_tasks(lock)) {
    if (mine != turns_) return false;
    ran = true;
    take_results();
  }
  if (session_) session_->own_data();  // the next receive goes where it lies
  // What was sent made room for commands that wait for it.
  sent_ = false;
  return flush() && (came || ran || sent_);
}

bool connection::receive() {
  const auto room = stream_.room();
  const auto n = ::readv(fd_, room.data(), static_cast<int>(room.size()));
  if (n > 0) {
    stream_.received(static_cast<std::size_t>(n));
    heard_ = clock::now();
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close(n == 0 ? "" : std::string("recv: ") + std::strerror(errno));
  return false;
}

// false: the connection has ended.
bool connection::take_pdus() {
  const auto place = [this](const header& h) {
    return session_ ? session_->place(h) : pdu_stream::place();
  };
  // A task whose data lies in the stream's buffer runs before the next receive.
  while (!ended_ && !close_when_sent_ && !held_response_ &&
         (!session_ || session_->wants_input())) {
    const auto p = stream_.next(place);
    if (!p && session_ && p.error().what == stream_error::kind::data_digest) {
      session_->on_data_digest_error(p.error().head);
      return true;
    }
    if (!p) return close(p.error().text), false;
    if (!*p) return true;
    if (session_) {
      if (auto ok = session_->on_pdu(**p); !ok) return close(ok.error().text), false;
    } else if (!on_login(**p)) {
      return false;
    }
  }
  return !ended_;
}

void connection::take_results() {
  for (auto& r : results_.with([](auto& all) { return std::exchange(all, {}); })) {
    if (!session_) continue;
    if (r.decided)
      session_->decided(r.what, std::move(*r.decided));
    else
      session_->finished(r.what, r.outcome);
  }
}

// Runs what is ready, without the lock. false: there was nothing.
bool connection::run_tasks(std::unique_lock<std::mutex>& lock) {
  std::vector<task_ptr> now;
  while (now.size() < tasks_at_once) {
    auto t = session_->take_work();
    if (!t) break;
    now.push_back(std::move(t));
  }
  if (now.empty()) return false;
  const auto keep = stream_.buffer();  // if another thread takes over it goes on with its own
  busy_since_ = clock::now();
  const auto mine = turns_;
  lock.unlock();
  for (const auto& t : now) run(t);
  lock.lock();
  if (mine == turns_) busy_since_ = {};
  return true;
}

void connection::run(const task_ptr& t) {
  if (!t->what.to_do || !try_now(t)) run_in_pool(t);
}

// false: it was not begun.
bool connection::try_now(const task_ptr& t) {
  const auto finish = [self = shared_from_this(), t](const scsi::work_outcome& o) {
    self->done(t, o);
  };
  const auto& work = *t->what.to_do;
  if (work.kind == scsi::work_kind::read)
    return target_->storage().try_now(work, t->data, t->held.span(), finish);
  const auto allowed = around_.appends.take();
  return allowed && target_->storage().try_now(work, t->data, {}, finish);
}

void connection::run_in_pool(const task_ptr& t) {
  t->own_data();
  const bool waits_for_room = t->what.to_do && unit::takes_room(t->what.to_do->kind);
  auto& pool = waits_for_room ? target_->writers() : *around_.pool;
  asio::post(pool, [self = shared_from_this(), t] {
    if (t->aborted) return self->done(t, {});
    if (!t->what.to_do) {
      auto d = self->session_->unit()->parameters(self->session_->nexus(), t->cdb, t->data);
      return self->done(t, {}, std::move(d));
    }
    const auto in = t->what.to_do->kind == scsi::work_kind::read ? t->held.span() : byte_span();
    self->target_->storage().run(*t->what.to_do, t->data, in, t->aborted,
                                 [self, t](const scsi::work_outcome& o) { self->done(t, o); });
  });
}

// From any thread.
void connection::done(const task_ptr& t, const scsi::work_outcome& o,
                      std::optional<scsi::decision> d) {
  results_.with([&](auto& all) { all.push_back({t, o, std::move(d)}); });
  if (!scheduled_.exchange(true))
    asio::post(around_.io, [self = shared_from_this()] { self->serve(); });
}

// false: the connection has ended.
bool connection::flush() {
  // Digests begin behind the last login response, so that has a queue of its own.
  if (!send(login_output_)) return !ended_;
  if (session_ && !send(session_->output())) return !ended_;
  if (close_when_sent_ || (session_ && session_->closing())) return close(""), false;
  return true;
}

// false: not all, the socket is full; or the connection has ended.
bool connection::send(output_queue& out) {
  while (!out.empty()) {
    auto parts = out.front(parts_max);
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto n = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return close(std::string("send: ") + std::strerror(errno)), false;
    out.sent(static_cast<std::size_t>(n));
    sent_ = true;
  }
  return true;
}

void connection::wait() {
  if (!close_when_sent_ && (!session_ || session_->wants_input()))
    wait_for(asio::socket_base::wait_read, waits_for_input_);
  if (!login_output_.empty() || (session_ && !session_->output().empty()))
    wait_for(asio::socket_base::wait_write, waits_for_output_);
}

void connection::wait_for(asio::socket_base::wait_type what, bool& waits) {
  if (std::exchange(waits, true)) return;
  socket_.async_wait(what, [self = shared_from_this(), &waits](const asio::error_code& failed) {
    {
      const std::lock_guard lock(self->mutex_);
      waits = false;
    }
    if (!failed) self->serve();
  });
}

// ---- the end

void connection::abort_tasks(std::shared_ptr<const void> keep,
                             const std::vector<scsi::nexus_id>* of) {
  {
    const std::lock_guard lock(mutex_);
    const bool meant =
        session_ && (of == nullptr || std::ranges::count(*of, session_->nexus()) > 0);
    if (meant) session_->abort_all(std::move(keep), session::by::other);
  }
  post_serve();
}

void connection::end(const std::string& because, std::shared_ptr<const void> keep) {
  const std::lock_guard lock(mutex_);
  log_out(because, std::move(keep));
}

void connection::log_out(const std::string& because, std::shared_ptr<const void> keep) {
  if (session_) {
    if (!ended_) session_->ask_for_logout();
    session_->abort_all(std::move(keep));
    if (!ended_) flush();
  }
  close(because);
}

void connection::close(const std::string& because) {
  if (ended_.exchange(true)) return;
  if (!because.empty()) log_notice("iSCSI: " + peer_ + ": " + because);
  asio::error_code ignored;
  socket_.cancel(ignored);
  ::shutdown(fd_, SHUT_RDWR);
  if (session_) session_->abort_all({});
  leave_when_idle();
}

// A task that is at the storage still changes the volume. Until it is gone, whoever must not be
// overtaken by it finds this connection: a new login of the same port, resets, PREEMPT AND ABORT.
void connection::leave_when_idle() {
  if (gone_ || (session_ && session_->tasks() > 0)) return;
  if (session_ && session_->unit() != nullptr) session_->unit()->detach(session_->nexus());
  if (target_) target_->leave(*this);
  gone_ = true;
}

void connection::watch(clock::time_point now) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || ended_) return;
  if (!session_ && now - began_ > login_limit) return close("the login took too long");
  if (serving_ && busy_since_ != clock::time_point{} && now - busy_since_ > stuck_limit) {
    busy_since_ = {};
    session_->own_data();
    stream_.renew();
    ++turns_;
    serving_ = false;
    post_serve();
  }
  if (!session_ || now - looked_ < look_every) return;
  looked_ = now;
  if (target_ && !target_->exported()) return log_out("the volume is not exported any more", {});
  if (now - heard_ > quiet_limit) {
    heard_ = now;
    if (!session_->ping()) return close("it did not answer a NOP-In");
    if (!serving_) flush();
  }
}

std::optional<volume_session> connection::status() const {
  const std::lock_guard lock(mutex_);
  if (!session_ || ended_) return std::nullopt;
  const auto& who = session_->who();
  return volume_session{target_ ? target_->facts().name : "",
                        {who.initiator, peer_, session_->tasks()}};
}

}  // namespace cairn::iscsi

// One TCP connection of an initiator: its socket, its login, then its session.
//
// One thread at a time serves it: receives what is there, runs what the page cache can take at
// once, sends the answers, and sleeps in the kernel when nothing is left. So a busy connection
// costs no hand-over between threads. If that thread is stuck in the journal, watch() lets another
// one take over, which answers NOP-Out meanwhile (its results count as if they came from
// elsewhere). What may wait for a disk runs in a pool from the start, what may wait for room in a
// journal in that of its member: a full journal holds nothing up but its own writes.
//
// Thread-safe. Locks: mutex_ (everything but the socket's descriptor), then results_'s; no other
// connection's lock is ever taken under it: what concerns others is posted.
#pragma once
#include <algorithm>  // first: Asio must find aligned_alloc in every file, or in none
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <mutex>

#include "base/guarded.h"
#include "gateway/front_end.h"
#include "gateway/iscsi/append_permits.h"
#include "gateway/iscsi/target.h"
#include "iscsi/discovery.h"
#include "iscsi/pdu_stream.h"
#include "iscsi/session.h"

namespace cairn::iscsi {

// What connections share; owned by the server, which outlives them.
struct connection_surroundings {
  asio::io_context& io;
  random_source& random;
  append_permits& appends;
  asio::thread_pool* pool = nullptr;  // for what waits for a disk, but not for room in a journal
  login_rules rules;
  std::function<std::shared_ptr<target>(const std::string& name)> find;
  std::function<std::uint16_t()> next_tsih;  // never 0
  std::function<result<text_answer>(const session_identity& who, byte_view text,
                                    const endpoint& local)>
      answer_text;
};

class connection : public std::enable_shared_from_this<connection> {
 public:
  using clock = std::chrono::steady_clock;

  connection(connection_surroundings& around, asio::ip::tcp::socket socket);
  ~connection();

  void start();
  // Ends it: with a logout request first where that helps. `keep` is dropped when nothing of it can
  // reach the volume any more.
  void end(const std::string& because, std::shared_ptr<const void> keep = {});
  // Every 5 ms while the server runs: deadlines, pings, a stuck server thread.
  void watch(clock::time_point now);
  // Of this session, if it is one `of` those.
  void abort_tasks(std::shared_ptr<const void> keep,
                   const std::vector<scsi::nexus_id>* of = nullptr);

  bool logged_in() const { return logged_in_; }  // it has, or had, a session
  bool ended() const { return ended_; }
  // It has ended, and nothing of it can reach the volume any more.
  bool gone() const { return gone_; }
  std::optional<volume_session> status() const;

 private:
  struct finished_task {
    task_ptr what;
    scsi::work_outcome outcome;
    std::optional<scsi::decision> decided;
  };

  void serve();
  void wait();
  void wait_for(asio::socket_base::wait_type what, bool& waits);
  bool turn(std::unique_lock<std::mutex>& lock);
  bool receive();
  bool take_pdus();
  bool on_login(const pdu& p);
  bool establish(const login::reply& r);
  void begin_session();
  void take_results();
  bool run_tasks(std::unique_lock<std::mutex>& lock);
  void run(const task_ptr& t);
  bool try_now(const task_ptr& t);
  void run_in_pool(const task_ptr& t);
  void done(const task_ptr& t, const scsi::work_outcome& o, std::optional<scsi::decision> d = {});
  bool flush();
  bool send(output_queue& out);
  void log_out(const std::string& because, std::shared_ptr<const void> keep);
  void close(const std::string& because);
  void leave_when_idle();
  void post_serve();
  session_opened open_session(const session_identity& who, std::uint16_t tsih);
  session_surroundings surroundings();

  connection_surroundings& around_;
  asio::ip::tcp::socket socket_;
  const int fd_;
  std::string peer_;
  endpoint local_;

  mutable std::mutex mutex_;
  pdu_stream stream_;
  std::optional<login> login_;
  output_queue login_output_;
  std::optional<session> session_;
  std::shared_ptr<target> target_;
  target::connections predecessors_;       // that the login waits for
  std::optional<outgoing> held_response_;  // of the login, meanwhile
  std::uint16_t tsih_ = 0;
  clock::time_point began_, heard_, looked_;
  bool serving_ = false;
  std::uint64_t turns_ = 0;         // counts the threads that served; an older one goes
  clock::time_point busy_since_{};  // in the journal; the clock's epoch: not
  bool close_when_sent_ = false;
  bool sent_ = false;  // something, since it was last set back
  bool waits_for_input_ = false, waits_for_output_ = false;

  guarded<std::vector<finished_task>> results_;
  std::atomic<bool> scheduled_{false};  // somebody will look at results_
  std::atomic<bool> logged_in_{false}, ended_{false}, gone_{false};
};

}  // namespace cairn::iscsi

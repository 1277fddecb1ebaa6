// What both coordinators have in common: the thread, the connections, the clock, the timer, the
// polling of member status, operations and events.
//
// Every virtual function and every protected one is called in the coordinator's thread. Order in
// that thread is the only synchronisation. Of Asio's weight.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "base/events.h"
#include "base/guarded.h"
#include "coordinator/coordinator.h"
#include "coordinator/history.h"
#include "coordinator/member_board.h"
#include "coordinator/member_connection.h"
#include "coordinator/operations.h"
#include "coordinator/state_store.h"
#include "coordinator/verdict.h"
#include "net/pulse.h"
#include "replication/persist_step.h"

namespace cairn {

class coordinator_loop : public coordinator, protected member_events {
 public:
  coordinator_loop(const coordinator_config& config, std::unique_ptr<state_store> store);
  ~coordinator_loop() override;

  void start() override;
  void reload(const coordinator_config& now) override;
  std::string verdict() const override;
  void stop() override;

  group_snapshot snapshot() override;
  std::vector<marker_view> markers(std::size_t limit) override;
  result<std::uint64_t> marker_now(const std::string& name) override;
  result<std::uint64_t> plan_takeover(std::optional<marker_number> at) override;
  result<std::uint64_t> run_takeover(std::optional<marker_number> at) override;
  std::optional<operation_view> operation(std::uint64_t id) override;
  std::vector<event_view> events(std::uint64_t after) override;

 protected:
  // ---- what a role adds
  virtual void connected(std::size_t member, const member_hello& hello) = 0;
  virtual void lost(std::size_t member) = 0;
  virtual void received(std::size_t member, const control_message& m) = 0;
  virtual void time_passed() = 0;
  virtual std::uint64_t deadline_us() const = 0;
  virtual const persist_step& persisting() const = 0;
  virtual void fill(group_snapshot& s) = 0;
  virtual void mark_known(std::vector<marker_view>& markers) = 0;  // stored, applied
  virtual result<std::uint64_t> begin_marker(const std::string& name);
  virtual result<std::uint64_t> begin_plan(std::optional<marker_number> at);
  virtual result<std::uint64_t> begin_takeover(std::optional<marker_number> at);
  virtual void describe(operation_view&) {}  // of one that is running
  virtual void pace_changed() {}             // in the configuration

  // ---- what a role uses
  std::uint64_t now_us() const;
  void send(std::size_t member, const control_message& m);
  // Into the log, too. `member`: whom it is about, by name.
  void event(const char* level, const std::string& sentence, log_event what,
             const std::string& member = {});
  coordinator_config config_;  // changed by reload(), in the coordinator's thread
  std::uint64_t poll_us_;      // follows from it
  asio::io_context io_{1};
  pulse pulse_{io_};
  std::unique_ptr<state_store> store_;
  history history_;
  member_board board_;
  operations operations_;
  std::uint64_t started_us_ = 0;

 private:
  void on_connected(std::size_t member, const member_hello& hello) final;
  void on_lost(std::size_t member, const std::string& why) final;
  void on_message(std::size_t member, const control_message& m) final;
  void poll();
  void arm();
  void take(const coordinator_config& now);
  void tell_state();
  void turn();  // after whatever happened: what is due, and when to wake
  group_snapshot make_snapshot();
  // Runs f in the coordinator's thread and waits for it; `otherwise` when it has stopped.
  template <class F, class T>
  T in_loop(F f, T otherwise);

  std::vector<std::unique_ptr<member_connection>> connections_;
  asio::steady_timer timer_{io_};
  asio::steady_timer poll_timer_{io_};
  std::uint64_t armed_us_ = 0;
  std::optional<persist_trouble> told_trouble_;
  holdback_memory holdback_;
  guarded<std::string> verdict_;
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace cairn

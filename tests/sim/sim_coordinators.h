// Both coordinators, as coordinator/ drives them: the real decisions on virtual control connections
// and a state on a disk that is durable when it says so, that can be locked or full for a while,
// and that can fail for good. Coordinators crash between any two steps, hang while the world goes
// on (SIGSTOP), and are started a second time beside a first that still runs. Whatever they send is
// compared with what their disk holds.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "replication/marker_round.h"
#include "replication/selection.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sim_gateway.h"

namespace cairn::sim {

// What both have in common: a control connection to each member's gateway, a timer, death.
class sim_coordinator {
 public:
  sim_coordinator(world& w, std::vector<sim_gateway*> gateways, std::vector<std::string> names);
  virtual ~sim_coordinator() = default;

  void start();
  void die();
  void pause(time_us length);  // hears and does nothing for so long; its connections stay
  bool up() const { return up_; }
  // The network between it and one gateway breaks.
  void cut(std::size_t member);
  // Its state can't be written for so long.
  void lock_state(time_us length);
  // The next thing that is to be kept may be on the disk or not, and nothing after it ever will.
  void break_disk() { breaks_ = true; }
  bool broken() const { return broken_; }  // until it is started again

 protected:
  virtual void on_start() = 0;
  virtual void on_hello(std::size_t member, const member_hello& h) = 0;
  virtual void on_message(std::size_t member, const control_message& m) = 0;
  virtual void on_lost(std::size_t member) = 0;
  virtual void on_time() = 0;
  virtual std::uint64_t next_deadline_us() const = 0;
  virtual void check_kept(const control_message& m) const = 0;  // what it rests on

  void send(const send_control& s);
  // `keep` when it reaches the disk, `tell` when the coordinator hears how that went.
  void persist(std::function<void()> keep, std::function<void(const result<void>&)> tell);
  void arm();
  void after(time_us delay, std::function<void()> what);

  world& world_;
  const std::vector<sim_gateway*> gateways_;
  const std::vector<std::string> names_;

 private:
  void dial(std::size_t member);
  void turn();

  void send_again(std::size_t member);
  result<void> write(const std::function<void()>& keep);

  std::vector<std::shared_ptr<control_connection>> wires_;
  // The newest MARK or later words of a round that each member was sent.
  std::vector<std::vector<control_message>> said_;
  std::vector<bool> greeted_;
  bool up_ = false;
  unsigned generation_ = 0;
  time_us paused_until_ = 0;
  time_us locked_until_ = 0;
  time_us written_at_ = 0;  // the disk takes one thing after the other
  bool breaks_ = false;
  bool broken_ = false;
  std::uint64_t armed_ = 0;
};

class sim_primary_coordinator final : public sim_coordinator {
 public:
  using sim_coordinator::sim_coordinator;

  marker_id stored;         // durable
  marker_id newest_sealed;  // as told by all members, in this world
  void demand();

 private:
  void on_start() override;
  void on_hello(std::size_t member, const member_hello& h) override;
  void on_message(std::size_t member, const control_message& m) override;
  void on_lost(std::size_t member) override;
  void on_time() override;
  std::uint64_t next_deadline_us() const override { return rounds_->next_deadline_us(); }
  void check_kept(const control_message& m) const override;
  void persist_number(marker_id marker);
  void perform(const round_actions& actions);

  std::optional<marker_round> rounds_;
};

class sim_secondary_coordinator final : public sim_coordinator {
 public:
  sim_secondary_coordinator(world& w, oracle& judge, std::vector<sim_gateway*> gateways,
                            std::vector<std::string> names)
      : sim_coordinator(w, std::move(gateways), std::move(names)), oracle_(judge) {}

  selection_state stored;  // durable
  marker_id newest_applied;
  bool taken_over = false;
  time_us hangs_once_chosen = 0;  // between its next choice and the APPLY
  bool must_refuse = false;       // configured with a member too few: it may choose nothing
  void take_over(std::optional<marker_number> named = {});
  bool in_apply() const { return up() && selection_->phase() == selection_phase::applying; }
  bool in_takeover() const {
    return up() && selection_->state().takeover && !selection_->state().takeover->finished;
  }
  bool replaced() const { return up() && selection_->phase() == selection_phase::replaced; }
  // It could never apply a marker, and none is common: there is nothing to take over.
  bool nothing_to_take() const;
  std::string obstacle() const { return up() ? selection_->obstacle() : "it is down"; }

 private:
  void on_start() override;
  void on_hello(std::size_t member, const member_hello& h) override;
  void on_message(std::size_t member, const control_message& m) override;
  void on_lost(std::size_t member) override { selection_->on_disconnected(member); }
  void on_time() override { perform(selection_->on_time(world_.now())); }
  std::uint64_t next_deadline_us() const override { return selection_->next_deadline_us(); }
  void check_kept(const control_message& m) const override;
  void perform(const selection_actions& actions);
  void perform(const selection_action& action);
  void persist_state(const selection_state& state);
  void look_at_answers();

  oracle& oracle_;
  std::optional<selection> selection_;
};

}  // namespace cairn::sim

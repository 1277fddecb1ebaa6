// One gateway process with one member: the real member on a disk that forgets, driven step by step.
//
// Only here are the member's steps called that its threads repeat in a real process; the order of
// their calls is a matter of chance. A process ends between any two operations on its disk, by
// kill -9 (the page cache stays) or with the machine's power. What was handed to the member and
// comes back after that belongs to a process that is gone: it is dropped (`guarded`).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "gateway/member/member.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sim_control.h"
#include "tests/sim/sim_receiver.h"
#include "tests/sim/sim_sender.h"
#include "tests/sim/world.h"
#include "tests/support/virtual_disk.h"
#include "tests/support/watched_disk.h"

namespace cairn::sim {

class sim_gateway {
 public:
  sim_gateway(world& w, oracle& judge, std::size_t index, member_config config);
  ~sim_gateway();

  std::size_t index() const { return index_; }
  // Running; false from the moment that its process died, wherever it was.
  bool up() const { return up_ && !store_.died(); }
  // Running, and not on its way up.
  bool ready() const { return up() && core_ != nullptr && !stopped(); }
  unsigned life() const { return generation_; }
  member& core() { return *core_; }
  bool primary_site() const { return config_.role == member_role::primary; }
  // Its own monotonic clock: other processes' go at other rates.
  time_us own_time() const { return clock_base_ + world_.now() * clock_percent_ / 100; }
  time_us world_time(time_us own) const { return own * 100 / clock_percent_ + 1; }
  bool odd_clock() const { return clock_percent_ != 100; }
  void set_clock(unsigned percent, time_us base) { clock_percent_ = percent, clock_base_ = base; }
  monotonic_time clock() const { return monotonic_time(std::chrono::microseconds(own_time())); }

  void start();
  // At once, or at the k-th operation from now that changes something on its disk.
  void die(bool power);
  void die_later(bool power, unsigned operations);
  void live_on() { store_.die_after(~std::uint64_t{0} >> 1); }  // takes die_later back
  void start_later(time_us delay);
  // Its owner gives the journal more room: a secondary that is full before a marker came for it to
  // apply can go on in no other way.
  void enlarge(std::uint64_t bytes);
  bool full() const { return full_; }  // the last write was refused for want of room
  // SIGSTOP, and SIGCONT some time later.
  void stop_for(time_us length);
  void go_on() { stopped_until_ = 0; }
  bool stopped() const { return world_.now() < stopped_until_; }
  // The disk takes so long for the next record; its other threads go on.
  void hang_for(time_us length) { hangs_for_ = length; }
  // A copy of all of its files, and what the judge knows of them.
  struct backup {
    virtual_disk::backup files;
    journal_model log;
    incarnation start;
    sequence end;  // of the journal
  };
  backup copy();
  // Its process ends; the next one finds the copy.
  void put_back(const backup& from);
  bool was_put_back() const { return went_back_; }
  // What it was to apply before it went back.
  sequence target_before() const { return target_before_; }
  // Its disk has refused something to this process, which is now allowed to fail by name.
  bool hurt() const { return store_.faults_met() > 0 || rotten_; }
  // Bits of its segments change; what it says of them itself is no matter for the judge.
  void rot(dice& fate);
  bool rotten() const { return rotten_; }
  virtual_disk& store() { return store_; }
  // Times that it came up since a HELLO was last accepted.
  unsigned starts_unheard = 0;

  // Runs `what` unless this process is gone by then.
  std::function<void()> guarded(std::function<void()> what);
  void after(time_us delay, std::function<void()> what) { world_.after(delay, guarded(what)); }
  bool appending() const { return appending_ != 0; }

  // ---- hosts. `done` is not called any more when the process dies.
  void write(const operation& op, bool fua, acknowledge done);
  bool may_wait() const {
    return !appending() && !stopped();
  }  // for FLUSH and FUA: nobody else would go on

  sim_control control;
  sim_sender sender;
  sim_receiver receiver;

 private:
  void resume(unsigned life, const std::function<void()>& what);
  void hang();
  void watch();
  void open();
  void step();
  void one_step();
  void begin_record(byte_view header, byte_view data);
  void mind_recovery(sequence before);
  bool bury();
  bool give_up_start();
  void check_failure();

  world& world_;
  oracle& oracle_;
  const std::size_t index_;
  member_config config_;
  virtual_disk store_;
  watched_disk disk_;
  std::unique_ptr<member> core_;
  bool up_ = false;
  bool starting_ = false;
  bool full_ = false;
  bool rotten_ = false;
  time_us stopped_until_ = 0;
  time_us hangs_for_ = 0;
  unsigned clock_percent_ = 100;  // of the world's
  time_us clock_base_ = 0;
  bool went_back_ = false;
  sequence target_before_;
  bool dies_by_power_ = false;  // of die_later
  unsigned generation_ = 0;
  unsigned appending_ = 0;
};

}  // namespace cairn::sim

// A host: writes, zeroes, trims, reads and flushes volumes of all gateways, one thing after the
// other or several at once. What it does next it does in the knowledge of what was acknowledged to
// it and of what it has read: that is the chain which no marker may cut the wrong way round.
#pragma once
#include <vector>

#include "tests/sim/sim_gateway.h"

namespace cairn::sim {

class sim_host {
 public:
  sim_host(world& w, oracle& judge, std::vector<sim_gateway*> targets, std::uint64_t volume_bytes,
           std::size_t volumes);

  void start();
  void stop() { running_ = false; }
  bool idle();
  // Another host told it what it knows.
  void hear(const sim_host& other) { known_ |= other.known_; }
  // After a takeover: it starts anew with what the volumes hold.
  void move_to(std::vector<sim_gateway*> targets);

 private:
  void turn();
  void act();
  void write(sim_gateway& to);
  void read(sim_gateway& from);
  void flush(sim_gateway& at);
  void answered(sim_gateway& by, op_id op, bool fua, const result<void>& r);
  void refused(const sim_gateway& by, op_id op, const error& why);
  byte_range some_range(std::uint64_t sectors_max);
  bool must_wait();

  world& world_;
  oracle& oracle_;
  std::vector<sim_gateway*> targets_;
  const std::uint64_t volume_bytes_;
  const std::size_t volumes_;
  const unsigned pipelining_;  // percent of operations that do not wait for the one before
  op_set known_;
  bool running_ = false;
  unsigned turn_ = 0;  // of the life that began with the last start()
  struct pending {
    op_id op;
    sim_gateway* at;
    unsigned life;  // of the gateway
  };
  std::vector<pending> waiting_;  // not acknowledged yet
};

}  // namespace cairn::sim

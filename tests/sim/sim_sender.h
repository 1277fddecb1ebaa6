// The primary's end of a member's link: the sending_end of a real gateway on virtual connections.
#pragma once
#include <memory>
#include <optional>

#include "gateway/link/sending_end.h"
#include "tests/sim/virtual_connection.h"

namespace cairn::sim {

class sim_gateway;

class sim_sender {
 public:
  sim_sender(world& w, sim_gateway& owner) : world_(w), owner_(owner) {}

  // Where it connects to, and whether the network lets it.
  void set_peer(sim_gateway* peer, const bool* reachable) {
    peer_ = peer;
    reachable_ = reachable;
  }
  void start();  // with its process
  void died();
  void cut();  // the network drops the connection

 private:
  void turn();
  void settle();
  void judge_link();
  void dial();
  void speak();
  void wake();
  void on_message(const link_message& m);

  world& world_;
  sim_gateway& owner_;
  sim_gateway* peer_ = nullptr;
  const bool* reachable_ = nullptr;
  std::optional<sending_end> end_;
  std::shared_ptr<link_connection> wire_;
  bool woken_ = false;
  bool fenced_ = false;
  bool tolerated_ = false;  // the peer's refusal is one that correct peers may get
  std::uint64_t armed_ = 0;
};

}  // namespace cairn::sim

// The secondary's end of a member's link: the receiving_end of a real gateway on virtual
// connections.
#pragma once
#include <memory>
#include <optional>

#include "gateway/link/receiving_end.h"
#include "tests/sim/virtual_connection.h"

namespace cairn::sim {

class sim_gateway;

class sim_receiver {
 public:
  sim_receiver(world& w, sim_gateway& owner) : world_(w), owner_(owner) {}

  void set_primary(sim_gateway* primary) { primary_ = primary; }
  void start();  // with its process
  void died();
  // Side 1 of the connection is this gateway's.
  void accept(std::shared_ptr<link_connection> c);
  // The journal's durable watermark may have moved.
  void tell();

 private:
  using wire = std::shared_ptr<link_connection>;
  void on_message(const wire& c, const link_message& m);
  void greet(const wire& c, const hello& theirs);
  void mind_copies() const;
  void part(const wire& c, const link_message& last_word);

  world& world_;
  sim_gateway& owner_;
  sim_gateway* primary_ = nullptr;
  std::vector<std::weak_ptr<link_connection>> all_;
  wire current_;  // whose HELLO was accepted last
  std::optional<receiving_end> end_;
  time_us told_at_ = 0;
  bool busy_ = false;
};

}  // namespace cairn::sim

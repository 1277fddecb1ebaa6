// Somebody who sends what no correct coordinator would: messages of every kind to members in the
// wrong role, of epochs that are over, about numbers from nowhere. Each must be refused by name, or
// be nobody's business, and change nothing.
#pragma once
#include "tests/sim/sim_gateway.h"

namespace cairn::sim {

class rogue {
 public:
  explicit rogue(world& w) : world_(w) {}

  // One message, judged at once.
  void disturb(sim_gateway& g);
  // Takes the highest numbers there are at a primary, which takes them today.
  void exhaust(sim_gateway& g);

 private:
  std::optional<control_message> some_message(sim_gateway& g);
  control_message of_round(sim_gateway& g, bool wrong_role);
  control_message of_selection(sim_gateway& g, bool wrong_role);
  marker_id from_nowhere();
  bool must_be_refused(const control_message& m, sim_gateway& g) const;

  world& world_;
};

}  // namespace cairn::sim

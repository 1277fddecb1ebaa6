// The control server of a gateway, as gateway/control_server does it: one thread obeys MARK,
// RELEASE and ABANDON of all connections; REPORT, APPLY and PROMOTE, one at a time for each
// connection, run beside it.
#pragma once
#include <memory>

#include "tests/sim/virtual_connection.h"

namespace cairn::sim {

class sim_gateway;
class oracle;

class sim_control {
 public:
  sim_control(world& w, oracle& judge, sim_gateway& owner)
      : world_(w), oracle_(judge), owner_(owner) {}

  // Side 1 of the connection is this gateway's.
  void accept(std::shared_ptr<control_connection> c);
  void died();

 private:
  void obey(const std::shared_ptr<control_connection>& c, const control_message& m);
  void answer(const std::shared_ptr<control_connection>& c, const control_message& m);
  void release_hold(const release& r);
  void die_in_round();

  world& world_;
  oracle& oracle_;
  sim_gateway& owner_;
  std::vector<std::weak_ptr<control_connection>> connections_;
  bool busy_ = false;
};

}  // namespace cairn::sim

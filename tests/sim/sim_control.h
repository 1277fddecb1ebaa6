// The control server of a gateway without its wire and threads: connections, and in them the
// sessions that gateway/control_server runs, too.
#pragma once
#include <memory>

#include "gateway/control_session.h"
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
  void obey(control_session& session, const control_message& m);
  void trace(const control_message& m) const;
  void answer(const std::shared_ptr<control_connection>& c, const control_message& m);
  void die_in_round();

  world& world_;
  oracle& oracle_;
  sim_gateway& owner_;
  std::vector<std::weak_ptr<control_connection>> connections_;
  bool busy_ = false;
};

}  // namespace cairn::sim

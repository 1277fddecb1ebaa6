// Everything of one run: two sites with their gateways and coordinators, hosts, and what goes
// wrong.
//
// A run has three acts: trouble; healing, after which markers must be sealed and applied again and
// both sides agree; and the loss of the first site with a takeover, which ends fenced on one side
// and writable on the other. In some runs the site is lost in the middle of the trouble.
#pragma once
#include <memory>
#include <vector>

#include "tests/sim/host.h"
#include "tests/sim/sim_coordinators.h"

namespace cairn::sim {

class site_pair {
 public:
  explicit site_pair(world& w);
  void run();

 private:
  // ---- acts
  void trouble(time_us length);
  void heal();
  void expect_markers();
  void expect_agreement();
  void lose_first_site();
  void leave_stale_follower();
  void expect_takeover();
  void expect_fenced();

  // ---- what the ordeal makes of a run (ordeals.cpp)
  void begin_ordeal();
  bool keeps_bounds() const;  // no journal gets more room when everything heals
  void keep_links_away();
  void keep_coordinator_away();
  bool hurts_disks() const;
  void hurt_a_disk();
  void fill_a_disk();
  void restart_if_hurt(std::size_t gateway);
  void mend_disks();
  void lose_part_of_first_site(bool power);
  bool stays_behind(std::size_t host) const;
  void expect_new_markers();
  void expect_marker_of_takeover();
  bool puts_back() const;
  void make_copy(std::size_t gateway);
  void restart(sim_gateway& g);
  void put_back_later(std::size_t gateway, const std::shared_ptr<sim_gateway::backup>& copy);
  bool worth_putting_back(std::size_t gateway, const sim_gateway::backup& copy);
  bool noticed();  // that something was put back
  void stop_processes();
  void hang_disks();
  void set_clocks();
  bool rots() const;
  void let_rot(std::size_t gateway);
  void use_up_descriptors();
  void disturb();
  void exhaust();

  // ---- what goes wrong (trouble.cpp)
  void mishap();
  void mishap_of(sim_gateway& g);
  void restart_unheard(std::size_t member);
  void cut_link(std::size_t member);
  void mishap_of_primary_coordinator();
  void mishap_of_secondary_coordinator();
  void mishap_of_state(sim_coordinator& c);
  void put_wrong_coordinator();
  void note_interruptions();
  void start_secondary(std::size_t which);
  void ask_takeover(std::optional<marker_number> named = {});

  void wait_for(const char* what, time_us limit, const std::function<bool()>& reached);
  std::string stuck_because() const;
  marker_number newest_begun();
  std::vector<sim_gateway*> site(std::size_t which);
  std::string name(std::size_t member) const { return "m" + std::to_string(member); }
  std::vector<std::string> names() const;
  member_config config_of(std::size_t index) const;

  world& world_;
  const std::size_t members_;
  const std::size_t volumes_;
  const std::uint64_t volume_bytes_;
  const std::uint64_t journal_bytes_;
  oracle oracle_;
  std::vector<std::unique_ptr<sim_gateway>> gateways_;
  std::unique_ptr<bool[]> link_up_;  // by member
  // Two of each: the second is started beside the first. The wrong one lacks a member.
  std::unique_ptr<sim_primary_coordinator> primary_[2];
  std::unique_ptr<sim_secondary_coordinator> secondary_[2];
  std::unique_ptr<sim_primary_coordinator> primary_there_;  // at the second site
  std::unique_ptr<sim_secondary_coordinator> wrong_;
  marker_id backup_of_primary_;
  selection_state backup_of_secondary_;
  std::vector<std::unique_ptr<sim_host>> hosts_;
  bool first_site_lost_ = false;
  bool full_at_heal_ = false;
  bool spoilt_ = false;
};

}  // namespace cairn::sim

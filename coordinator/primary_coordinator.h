// The primary coordinator: carries out what replication/marker_round.h decides, and keeps the
// history of markers. See docs/markers.md.
#pragma once
#include <array>
#include <deque>

#include "coordinator/coordinator_loop.h"
#include "replication/marker_round.h"

namespace cairn {

class primary_coordinator final : public coordinator_loop {
 public:
  primary_coordinator(const coordinator_config& config, std::unique_ptr<state_store> store,
                      marker_id last);
  ~primary_coordinator() override { stop(); }

 private:
  void connected(std::size_t member, const member_hello& hello) override;
  void lost(std::size_t member) override;
  void received(std::size_t member, const control_message& m) override;
  void time_passed() override;
  std::uint64_t deadline_us() const override { return round_.next_deadline_us(); }
  const persist_step& persisting() const override { return round_.persisting(); }
  void fill(group_snapshot& s) override;
  void mark_known(std::vector<marker_view>& markers) override;
  result<std::uint64_t> begin_marker(const std::string& name) override;
  void describe(operation_view& view) override;
  void pace_changed() override;

  // Somebody wants a marker. One that becomes void is not what was asked for: the next round is
  // tried, when it is due after that void, until the time is up.
  struct waiting_demand {
    std::uint64_t operation = 0;
    std::string name;
    std::uint64_t until_us = 0;
    std::string because = {};  // of the last void
  };
  // A round since our start, with the monotonic time of its MARK: its age.
  struct known_round {
    marker_view view;
    std::uint64_t begun_us = 0;
    std::vector<waiting_demand> asked_by = {};
  };

  void perform(const round_actions& actions);
  void persist(marker_id marker);
  void fail_demands(const error& why);
  void deliver(const send_control& s);
  void end(const round_ended& e);
  void answer(const marker_view& made, std::vector<waiting_demand> asked_by);
  void tell_change(const round_ended& e);
  void count_hold(std::uint64_t held_us);
  const known_round* newest_sealed(marker_number up_to) const;
  marker_number stored_everywhere() const;
  std::optional<held_back> holdback(const group_snapshot& s) const;

  marker_round round_;
  std::deque<known_round> rounds_;  // oldest first, bounded
  std::vector<waiting_demand> demands_;
  round_counters counters_;
  std::string last_void_;  // the reason, while rounds are void
  unsigned voids_in_a_row_ = 0;
  bool said_replaced_ = false;
};

}  // namespace cairn

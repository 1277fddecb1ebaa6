// The secondary coordinator: carries out what replication/selection.h decides, remembers when it
// first saw each marker common, and runs takeovers. See docs/markers.md.
#pragma once
#include <deque>

#include "coordinator/coordinator_loop.h"
#include "coordinator/marker_arrivals.h"
#include "replication/selection.h"

namespace cairn {

class secondary_coordinator final : public coordinator_loop {
 public:
  secondary_coordinator(const coordinator_config& config, std::unique_ptr<state_store> store,
                        selection_state state, random_source& random);
  ~secondary_coordinator() override { stop(); }

 private:
  void connected(std::size_t member, const member_hello& hello) override;
  void lost(std::size_t member) override;
  void received(std::size_t member, const control_message& m) override;
  void time_passed() override;
  std::uint64_t deadline_us() const override { return selection_.next_deadline_us(); }
  const persist_step& persisting() const override { return selection_.persisting(); }
  void pace_changed() override;
  void fill(group_snapshot& s) override;
  void mark_known(std::vector<marker_view>& markers) override;
  result<std::uint64_t> begin_plan(std::optional<marker_number> at) override;
  result<std::uint64_t> begin_takeover(std::optional<marker_number> at) override;
  void describe(operation_view& view) override;

  // A common marker since any member was first seen to hold it: its age on our clock.
  struct seen_marker {
    marker_id marker;
    std::uint64_t seen_us = 0;
    bool at_least = false;  // held already when we started: it is older than that
  };

  void perform(const selection_actions& actions);
  void persist(const selection_state& state);
  void note_common();
  void note_phase();
  void answer_plan(const plan_made& made);
  void refuse(const error& why);
  void finish(const takeover_finished& end);
  takeover_plan plan_of(marker_id at, const std::vector<reported>& answers) const;
  const seen_marker* seen(marker_id marker) const;
  marker_age age(marker_id marker) const;
  std::optional<held_back> holdback(const group_snapshot& s) const;

  selection selection_;
  random_source& random_;
  std::deque<seen_marker> common_;  // oldest first, bounded
  marker_arrivals arrivals_;
  bool reported_once_ = false;
  marker_id applied_;
  std::optional<std::uint64_t> takeover_operation_;
  selection_phase told_phase_ = selection_phase::gathering;
  std::string told_obstacle_;
};

}  // namespace cairn

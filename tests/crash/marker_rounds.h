// A primary coordinator's rounds at one member, and what the member told: a marker whose seal was
// called durable is sealed after any death (I6).
#pragma once
#include <map>
#include <optional>

#include "tests/crash/mortal_member.h"

namespace cairn {

class marker_rounds {
 public:
  explicit marker_rounds(mortal_member& at) : at_(at) {}

  // Begins a round, or goes on with the one that is under way.
  void step();
  // Lets a hold end, if there is one.
  void finish();
  void judge_recovery();
  void start_above(marker_number n) { last_ = n; }

 private:
  void begin();
  void answered(const control_message& m);

  mortal_member& at_;
  marker_number last_;
  std::optional<inserted> held_;
  std::map<marker_id, sequence> sealed_;  // told to be durable, with the seal's sequence
};

}  // namespace cairn

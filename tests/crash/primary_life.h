// What one life of a primary member consists of: hosts, marker rounds, and the member's own steps.
#pragma once
#include "tests/crash/hosts.h"
#include "tests/crash/marker_rounds.h"

namespace cairn {

class primary_life {
 public:
  primary_life(mortal_member& of, volume_images start, marker_number last)
      : of_(of), hosts_(of, std::move(start)), rounds_(of) {
    rounds_.start_above(last);
  }

  // From a start to the end of the process.
  void judge_recovery();
  void live();

 private:
  void step();
  void amid_append();

  mortal_member& of_;
  hosts hosts_;
  marker_rounds rounds_;
};

}  // namespace cairn

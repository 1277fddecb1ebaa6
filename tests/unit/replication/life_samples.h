// One of each message of replication/life_messages.h, every field with a value of its own.
#pragma once
#include <vector>

#include "replication/life_messages.h"
#include "samples.h"

namespace cairn::samples {

inline std::vector<link_life_message> link_life_messages() {
  return {needed_regions{3, {{0, 7}, {9, 1}, {1ULL << 40, 1ULL << 30}}, true},
          digests_wanted{id(1), {}, 2, {1U << 20, 64U << 10}},
          digests_wanted{{}, marker(4), 2, {0, 4096}},
          digests{2, {8192, 8192}, sequence(77), {id(5).octets, id(6).octets}},
          switchover_demand{id(7)},
          switchover_answer{id(8), "a resync is open"},
          switchover_answer{id(8), ""},
          switchover_abort{id(9), true}};
}

inline std::vector<control_life_message> control_life_messages() {
  return {drop{epoch(1), marker(2), id(3)},
          dropped{epoch(4), sequence(5)},
          fence{id(6), 2},
          fenced{id(7)},
          ask_switchover{epoch(8), id(9)},
          final_stored{id(10), sequence(11)},
          commit_switchover{epoch(12), id(13), id(14)},
          abort_switchover{epoch(15), id(16), true},
          switchover_ended{id(17), "it was aborted"}};
}

}  // namespace cairn::samples

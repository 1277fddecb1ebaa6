// What the exit codes of the command mean; docs/commands.md lists them for users.
#pragma once

namespace cairn {

enum class exit_code : int {
  done = 0,
  failed = 1,
  usage = 2,
  degraded = 3,     // status -x: the group is not fine
  not_found = 5,    // no such group, volume, marker or operation
  refused = 6,      // data would be lost, or a confirmation is missing
  unreachable = 7,  // no answer from the coordinator, or it waits for a gateway in vain
};

}  // namespace cairn

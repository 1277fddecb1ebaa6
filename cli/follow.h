// Waits for an operation of the coordinator to end.
#pragma once
#include <string>

#include "cli/command.h"

namespace cairn {

struct followed {
  exit_code code = exit_code::done;
  std::string body;  // the operation as JSON; empty when it was never begun
};

// Posts and follows the operation until it is done, failed or the time is up. What went wrong was
// already said on stderr.
followed post_and_follow(const common_options& common, const std::string& target,
                         const std::string& json);
// Posts only.
followed post(const common_options& common, const std::string& target, const std::string& json);

}  // namespace cairn

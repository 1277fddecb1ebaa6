// What `cairn mount-help` prints.
#pragma once
#include <string>
#include <vector>

#include "cli/mount_plan.h"

namespace cairn {

std::string mount_help_text(const std::vector<mount_plan>& plans);
// cairn.mount-help/1
std::string mount_help_json(const std::vector<mount_plan>& plans);

}  // namespace cairn

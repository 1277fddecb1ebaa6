// What is examined: the configurations, who serves them, and what the machine shows. Gathered once,
// then every check looks at it; nothing here is changed by looking.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/doctor/disk_watch.h"
#include "cli/doctor/finding.h"
#include "cli/doctor/findings_text.h"
#include "cli/doctor/greetings.h"
#include "cli/doctor/mounts.h"
#include "cli/doctor/openings.h"
#include "cli/doctor/running.h"
#include "cli/doctor/unit.h"
#include "config/config.h"

namespace cairn::doctor {

struct seen_member {
  member_config config;
  // Of a gateway that runs; its error says why it gives none.
  std::optional<result<member_answer>> answer;

  const member_answer* answered() const {
    return answer && answer->has_value() ? &**answer : nullptr;
  }
};

struct seen_gateway {
  gateway_config config;
  std::optional<running_program> serves;
  std::optional<unit_seen> unit;  // that is there to start it
  std::vector<seen_member> members;
};

struct seen_coordinator {
  coordinator_config config;
  std::optional<running_program> serves;
  std::optional<unit_seen> unit;
};

struct examination {
  std::string directory;  // where configurations are installed
  std::vector<seen_gateway> gateways;
  std::vector<seen_coordinator> coordinators;
  std::vector<running_program> running;  // all of Cairn on this machine
  openings open;
  std::vector<mount_point> mounts;
  disk_watch disks;  // asked before a path of a configuration is touched
};

// Configurations that cannot be read are a finding each, and no part of the examination.
examination examine(const std::string& directory, const std::vector<std::string>& gateway_files,
                    const std::vector<std::string>& coordinator_files, findings& out);

// Whether a service of this machine has it: then it is run by the user of the package.
bool is_installed(const examination& seen, const std::string& file);

// All checks, in their order (checks.cpp), and the headings of their groups.
findings run_checks(examination& seen);
const group_titles& titles();

}  // namespace cairn::doctor

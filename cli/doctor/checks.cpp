// The table of all checks: add a new one here, and its name to docs/commands.md.
#include "cli/doctor/bounded_look.h"
#include "cli/doctor/clock.h"
#include "cli/doctor/coordinator_checks.h"
#include "cli/doctor/exports.h"
#include "cli/doctor/file_systems.h"
#include "cli/doctor/flushes.h"
#include "cli/doctor/instances.h"
#include "cli/doctor/limits.h"
#include "cli/doctor/listeners.h"
#include "cli/doctor/member_checks.h"
#include "cli/doctor/modes.h"
#include "cli/doctor/programs.h"
#include "cli/doctor/space.h"
#include "cli/doctor/unit_checks.h"

namespace cairn::doctor {
namespace {

using check = findings (*)(const examination&);

// Each makes a disk_look where it touches a disk, bounds what else it waits for, and changes
// nothing that anybody else sees.
constexpr check checks[] = {
    check_modes,     check_programs, check_replaced, check_running,      check_instances,
    check_units,     check_limits,   check_members,  check_file_systems, check_devices,
    check_space,     check_quotas,   check_flushes,  check_write_cache,  check_reflink,
    check_listeners, check_peers,    check_clock,    check_exports,      check_coordinators,
};

}  // namespace

findings run_checks(examination& seen) {
  findings out;
  for (const auto each : checks)
    append(out, bounded_look(seen.disks, seen.mounts, [&] { return each(seen); }));
  return out;
}

const group_titles& titles() {
  static const group_titles all{{"configuration", "Configuration"},
                                {"programs", "Programs"},
                                {"running", "Running"},
                                {"disks", "Disks"},
                                {"network", "Network"},
                                {"clock", "Clock"},
                                {"exports", "Exports"},
                                {"coordinator", "Coordinator"}};
  return all;
}

}  // namespace cairn::doctor

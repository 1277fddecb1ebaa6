// What the units let services write, against what the configurations want written.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

// Nothing where systemd does not run them.
findings check_units(const examination& seen);

}  // namespace cairn::doctor

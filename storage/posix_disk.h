// The machine's own file systems and block devices.
#pragma once
#include "storage/disk.h"

namespace cairn {

// Lives as long as the process; holds no state.
disk& posix_disk();

}  // namespace cairn

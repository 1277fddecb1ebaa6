// What the unit can do: REPORT SUPPORTED OPERATION CODES, REPORT SUPPORTED TASK MANAGEMENT
// FUNCTIONS, REPORT TARGET PORT GROUPS.
#pragma once
#include "iscsi/scsi/device.h"

namespace cairn::scsi {

decision supported_opcodes(const cdb& command);
decision supported_task_management(const cdb& command);
decision target_port_groups(const cdb& command);

}  // namespace cairn::scsi

// How large the unit is: READ CAPACITY(10) and (16).
#pragma once
#include "iscsi/scsi/geometry.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {

decision read_capacity_10(const cdb& command, const geometry& volume);
decision read_capacity_16(const cdb& command, const geometry& volume);

}  // namespace cairn::scsi

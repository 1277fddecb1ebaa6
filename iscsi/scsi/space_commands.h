// Thin provisioning and what fills space: UNMAP, WRITE SAME(10) and (16), GET LBA STATUS.
#pragma once
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/geometry.h"

namespace cairn::scsi {

decision begin_unmap(const cdb& command);
decision unmap(const cdb& command, byte_view list, const geometry& volume);

decision begin_write_same(const cdb& command, const geometry& volume);
// With its one block of data: zeroes need not be written.
decision write_same(const cdb& command, byte_view block, const geometry& volume);

decision begin_lba_status(const cdb& command, const geometry& volume);
answer lba_status(const cdb& command, const work_outcome& outcome, const geometry& volume);

}  // namespace cairn::scsi

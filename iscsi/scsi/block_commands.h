// Commands that name one stretch of blocks: READ, WRITE, VERIFY, WRITE AND VERIFY, COMPARE AND
// WRITE, ORWRITE, PRE-FETCH, SYNCHRONIZE CACHE. SBC-3 section 5.
#pragma once
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/geometry.h"
#include "iscsi/scsi/opcodes.h"

namespace cairn::scsi {

struct block_span {
  std::uint64_t lba = 0;
  std::uint64_t count = 0;  // as in the CDB: what zero means depends on the command

  // False, too, where lba + count would wrap.
  bool within(const geometry& volume) const {
    return lba <= volume.blocks() && count <= volume.blocks() - lba;
  }
  byte_range range(const geometry& volume) const {
    return {lba * volume.block_bytes, count * volume.block_bytes};
  }
};

// Of a CDB of 6, 10, 12 or 16 bytes that has an LBA.
block_span span_of(const cdb& command);

decision block_command(const command_form& form, const cdb& command, const geometry& volume);

}  // namespace cairn::scsi

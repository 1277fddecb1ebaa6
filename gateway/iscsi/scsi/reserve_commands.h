// PERSISTENT RESERVE IN and OUT (SPC-4 6.15, 6.16): from CDBs and parameter lists to reservations
// and back.
#pragma once
#include "gateway/iscsi/scsi/device.h"
#include "gateway/iscsi/scsi/reservations.h"

namespace cairn::scsi {

decision persistent_reserve_in(const cdb& command, const reservations& now);

// Checks the CDB; the parameter list decides the rest.
decision begin_reserve_out(const cdb& command);

struct reserve_out_result {
  answer answered;
  std::vector<notice> told;
  std::vector<registration> aborted;  // whose tasks end
};
// `next`: a copy of what is, changed where the answer is GOOD. `portals`: the target's ports.
reserve_out_result reserve_out(const cdb& command, byte_view list, const nexus_port& from,
                               std::uint16_t portals, reservations& next);

}  // namespace cairn::scsi

// PERSISTENT RESERVE IN and OUT (SPC-4 6.15, 6.16): from CDBs and parameter lists to reservations
// and back.
#pragma once
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/reservations.h"

namespace cairn::scsi {

decision persistent_reserve_in(const cdb& command, const reservations& now);

// Checks the CDB; the parameter list decides the rest.
decision begin_reserve_out(const cdb& command);

struct reserve_out_result {
  answer answered;
  std::vector<notice> told;
  std::vector<std::string> aborted;  // initiator ports whose tasks end
};
// `from`: an initiator port. `next`: a copy of what is, changed where the answer is GOOD. ALL_TG_PT
// changes nothing, as there is one target port.
reserve_out_result reserve_out(const cdb& command, byte_view list, const std::string& from,
                               reservations& next);

}  // namespace cairn::scsi

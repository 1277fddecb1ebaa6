// Who the unit is: INQUIRY with its vital product data, REPORT LUNS.
#pragma once
#include <cstdint>

#include "iscsi/scsi/device.h"
#include "iscsi/scsi/geometry.h"

namespace cairn::scsi {

inline constexpr std::uint16_t port_group = 1;  // the only one

decision inquiry(const cdb& command, const device_identity& who, const geometry& volume);
// Of a LUN that is not there: only the standard page.
decision absent_inquiry(const cdb& command, const device_identity& who);
decision report_luns(const cdb& command);

// Null: there is no such page.
std::optional<bytes> vital_page(std::uint8_t page, const device_identity& who,
                                const geometry& volume);

}  // namespace cairn::scsi

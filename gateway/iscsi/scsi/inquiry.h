// Who the unit is: INQUIRY with its vital product data, REPORT LUNS.
#pragma once
#include <cstdint>

#include "gateway/iscsi/scsi/device.h"
#include "gateway/iscsi/scsi/geometry.h"

namespace cairn::scsi {

inline constexpr std::uint16_t port_group = 1;  // the only one: all ports reach the unit equally

decision inquiry(const cdb& command, const device_identity& who, const geometry& volume,
                 std::uint16_t target_port);
// Of a LUN that is not there: only the standard page.
decision absent_inquiry(const cdb& command, const device_identity& who);
decision report_luns(const cdb& command);

// Null: there is no such page. `target_port` is that through which it is asked.
std::optional<bytes> vital_page(std::uint8_t page, const device_identity& who,
                                const geometry& volume, std::uint16_t target_port);

}  // namespace cairn::scsi

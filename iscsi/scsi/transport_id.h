// TransportIDs of iSCSI initiator ports (SPC-4 7.6.4.6), in persistent reservations.
#pragma once
#include <optional>
#include <string>

#include "base/bytes.h"

namespace cairn::scsi {

// `initiator_port`: "iqn…,i,0xISID". A multiple of four bytes, at least 24.
bytes transport_id(const std::string& initiator_port);

struct found_transport_id {
  std::string initiator_port;  // in lower case, the ISID in 12 digits, however it was written
  std::size_t length = 0;      // bytes that it takes
};
// The one that `in` begins with; nothing where it is none of an iSCSI initiator port.
std::optional<found_transport_id> read_transport_id(byte_view in);

}  // namespace cairn::scsi

// Why a command is refused: sense keys with their codes, and the answers and decisions made of
// them.
#pragma once
#include <cstdint>

#include "iscsi/scsi/command.h"
#include "iscsi/scsi/device.h"

namespace cairn::scsi {

// ASC in the high byte, ASCQ in the low one (SPC-4 annex D.2).
namespace code {
inline constexpr std::uint16_t none = 0x0000, becoming_ready = 0x0401, write_error = 0x0c00,
                               read_error = 0x1100, list_length = 0x1a00, miscompare = 0x1d00,
                               invalid_opcode = 0x2000, lba_out_of_range = 0x2100,
                               invalid_field = 0x2400, no_such_unit = 0x2500,
                               invalid_parameter = 0x2600, invalid_release = 0x2604,
                               write_protected = 0x2700, software_write_protected = 0x2702,
                               space_exhausted = 0x2707, power_on = 0x2900, unit_reset = 0x2903,
                               mode_changed = 0x2a01, reservations_preempted = 0x2a03,
                               reservations_released = 0x2a04, registrations_preempted = 0x2a05,
                               capacity_changed = 0x2a09, no_saved_pages = 0x3900,
                               internal_failure = 0x4400, no_registration_left = 0x5504;
}  // namespace code

// Descriptor format (response code 72h), for REQUEST SENSE with DESC.
bytes encode_descriptors(const sense& s);

sense illegal(std::uint16_t code);
sense wrong_in_cdb(std::uint16_t byte);
sense wrong_in_parameters(std::uint16_t byte);

answer failed(const sense& why);
answer conflict();
// `data`, cut to the allocation length.
answer answered(bytes data, std::uint64_t allocation);

decision done(answer a);
inline decision good() { return done(answer{}); }
inline decision refused(const sense& why) { return done(failed(why)); }
inline decision refused_cdb(std::uint16_t byte) { return refused(wrong_in_cdb(byte)); }

}  // namespace cairn::scsi

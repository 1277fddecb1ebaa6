// The commands that a logical unit knows: one table, by which commands are dispatched, their CDBs
// checked, and which REPORT SUPPORTED OPERATION CODES reports.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "iscsi/scsi/command.h"

namespace cairn::scsi {

enum class operation : std::uint8_t {
  test_unit_ready,
  request_sense,
  inquiry,
  report_luns,
  read_capacity_10,
  read_capacity_16,
  mode_sense,
  mode_select,
  read,
  write,
  verify,
  write_and_verify,
  synchronize_cache,
  prefetch,
  unmap,
  write_same,
  lba_status,
  compare_and_write,
  or_write,
  start_stop,
  reserve,
  release,
  persistent_reserve_in,
  persistent_reserve_out,
  supported_opcodes,
  supported_task_management,
  target_port_groups,
};

// What a command does, as far as reservations of others forbid it (SPC-4 table 63, SBC-3 table 13).
enum class access : std::uint8_t {
  open,             // nothing forbids it
  attribute,        // only RESERVE(6) of another nexus forbids it
  registered_read,  // as `read`, but any registrant may
  read,             // forbidden by exclusive access
  write,            // forbidden by write exclusive, too
};

inline constexpr std::uint16_t no_action = 0xffff;

struct command_form {
  operation what;
  access needs;
  std::uint8_t opcode;
  std::uint16_t service_action;
  // The bits of the CDB that are evaluated; one that is set elsewhere is an invalid field.
  std::array<std::uint8_t, 16> usage;

  bool has_action() const { return service_action != no_action; }
};

std::span<const command_form> command_forms();

// By the group code of the opcode (SPC-4 4.2.5.1).
std::size_t cdb_bytes(std::uint8_t opcode);

struct found_form {
  const command_form* form = nullptr;  // null: no such command
  bool opcode_known = false;           // but not with this service action
};
found_form find_form(std::uint8_t opcode, std::uint16_t service_action);
found_form find_form(const cdb& command);

// The first byte of the CDB with a bit set that is not evaluated.
std::optional<std::uint16_t> unused_bits(const command_form& form, const cdb& command);

// Whether it changes the volume, and so fails while that is write-protected.
bool modifies(operation what);

}  // namespace cairn::scsi

// The mode pages of the unit (SPC-4 7.5, SBC-3 6.4): read/write error recovery, caching, control,
// informational exceptions. One bit of them can be changed, SWP of the control page. None is saved.
//
// Not thread-safe.
#pragma once
#include "iscsi/scsi/geometry.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi {

class mode_pages {
 public:
  bool write_protected() const { return write_protected_; }
  void reset() { write_protected_ = false; }

  // MODE SENSE(6) and (10).
  decision report(const cdb& command, const geometry& volume) const;

  // The bytes of the parameter list of MODE SELECT(6) or (10).
  static std::uint64_t list_bytes(const cdb& command);

  struct selected {
    decision answered;
    bool changed = false;
  };
  // MODE SELECT(6) and (10), all or nothing.
  selected select(const cdb& command, byte_view list, const geometry& volume);

 private:
  bool write_protected_ = false;
};

}  // namespace cairn::scsi

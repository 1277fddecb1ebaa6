// The device: one logical unit with its mode pages, reservations and nexuses, behind one lock.
//
// PERSISTENT RESERVE OUT may have to wait for the disk. It works on a copy of the reservations and
// holds `changing_` meanwhile, never the lock of the state: other commands go on, under what was
// reserved before. Nothing else changes persistent reservations, so none is lost. RESERVE(6) alone
// conflicts meanwhile: it must not come to be beside what is being stored.
#pragma once
#include <map>
#include <mutex>

#include "base/guarded.h"
#include "iscsi/scsi/attentions.h"
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/geometry.h"
#include "iscsi/scsi/mode_pages.h"
#include "iscsi/scsi/opcodes.h"
#include "iscsi/scsi/reservations.h"

namespace cairn::scsi {

struct reserve_out_result;

class logical_unit final : public device {
 public:
  logical_unit(device_identity identity, reservation_store& store, reservations kept);

  nexus_id attach(const std::string& initiator_port) override;
  void detach(nexus_id n) override;
  decision begin(nexus_id from, std::uint64_t lun, const cdb& command) override;
  decision parameters(nexus_id from, const cdb& command, byte_view data) override;
  answer finish(nexus_id from, const cdb& command, const work_outcome& outcome) override;
  void reset_unit() override;
  void resized(std::uint64_t size_bytes) override;
  std::uint64_t size_bytes() const override;

 private:
  struct nexus {
    std::string port;  // the initiator's
    attentions pending;
  };
  struct state {
    geometry volume;
    mode_pages pages;
    reservations persistent;
    std::optional<nexus_id> reserved_by;  // RESERVE(6); never beside a registration
    bool changing = false;                // a PERSISTENT RESERVE OUT is being stored
    std::map<nexus_id, nexus> nexuses;
    nexus_id last = 0;

    void tell_all(std::uint16_t code);
    void tell_others(nexus_id but, std::uint16_t code);
    std::vector<nexus_id> of(const std::string& port) const;
  };
  // A command on its way through begin().
  struct asked {
    state& unit;
    nexus_id from;
    nexus& by;
    const cdb& command;
  };

  decision absent(const cdb& command) const;
  decision check(const asked& a) const;
  decision dispatch(const asked& a, const command_form& form) const;
  decision reserve_or_release(const asked& a, bool reserve) const;
  decision dispatch_block(const asked& a, const command_form& form) const;
  decision select_pages(state& s, nexus_id from, const cdb& command, byte_view list);
  decision change_reservations(nexus_id from, const cdb& command, byte_view list);
  decision change_and_store(nexus_id from, const cdb& command, byte_view list,
                            const std::string& by, const reservations& before);
  static decision tell(state& s, nexus_id asked_by, const reserve_out_result& outcome);
  result<void> store(const reservations& before, const reservations& next);

  const device_identity identity_;
  reservation_store& store_;
  std::mutex changing_;  // one PERSISTENT RESERVE OUT at a time; taken before the state's lock
  guarded<state> inner_;
};

}  // namespace cairn::scsi

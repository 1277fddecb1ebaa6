// A SCSI target device with one logical unit, LUN 0: a volume as initiators see it. It decides what
// each command means; it moves no data of the volume and does no I/O, but for reservations that
// have to outlive a loss of power, which go through reservation_store.
//
//   begin ──► answer                                 (INQUIRY, MODE SENSE, a conflict, …)
//         ──► work ──(data_out)──► the storage ──► finish ──► answer
//         ──(data_out)──► parameters ──► answer or work     (MODE SELECT, UNMAP, PR OUT, …)
//
// Thread-safe: one lock inside. A nexus is an initiator port that is logged in.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iscsi/scsi/command.h"

namespace cairn::scsi {

struct device_identity {
  std::string target_name;          // iqn…, without the portal group
  std::uint64_t naa = 0;            // NAA 3 or 6 identifier of the volume, stable
  std::string serial;               // of the volume
  std::string volume;               // its name, for people
  std::string revision;             // of the product, 4 characters are shown
  std::uint64_t size_bytes = 0;     // a multiple of block_bytes
  std::uint32_t block_bytes = 512;  // or 4096
};

// All portals are one portal group, which is the target's one SCSI port (RFC 7143 4.4.2): this is
// both its relative identifier and the portal group tag.
inline constexpr std::uint16_t target_port = 1;

using nexus_id = std::uint64_t;

// Where reservations that the initiators want kept (APTPL) survive. `image` is opaque.
class reservation_store {
 public:
  virtual ~reservation_store() = default;
  virtual result<void> save(byte_view image) = 0;  // durable when it returns; may block
  virtual result<bytes> load() = 0;                // empty: none
};

struct decision {
  std::optional<answer> done;  // it is answered; what data comes is dropped
  std::optional<work> to_do;   // else this, once data_out is there
                               // else parameters(), once data_out is there
  std::uint64_t data_out = 0;  // bytes that the command takes
  std::uint64_t data_in = 0;   // bytes that `to_do` returns at most (read)
  // An initiator that announces another length than data_out is refused (24/00), not served in
  // part.
  bool exact_data_out = false;
  bool may_block = false;       // parameters() may wait for the disk
  std::vector<nexus_id> abort;  // whose tasks end now (PREEMPT AND ABORT)
};

class device {
 public:
  // EBADMSG where the store holds what is none of ours, EINVAL for a size that is no number of
  // blocks.
  static result<std::unique_ptr<device>> open(device_identity identity, reservation_store& store);
  virtual ~device() = default;

  // `initiator_port`: "iqn…,i,0xISID" (SPC-4 7.6.4.5, iSCSI TransportID).
  virtual nexus_id attach(const std::string& initiator_port) = 0;
  virtual void detach(nexus_id n) = 0;

  // `lun`: the eight bytes of the transport, as a number.
  virtual decision begin(nexus_id from, std::uint64_t lun, const cdb& command) = 0;
  // May answer with work for the same data (WRITE SAME), or with work that takes none (UNMAP).
  virtual decision parameters(nexus_id from, const cdb& command, byte_view data) = 0;
  virtual answer finish(nexus_id from, const cdb& command, const work_outcome& outcome) = 0;

  // Task management (SAM-5 7): what it leaves behind in mode pages, reservations, attentions. The
  // tasks themselves are the session's.
  virtual void reset_unit() = 0;  // LUN RESET, TARGET RESET
  virtual void resized(std::uint64_t size_bytes) = 0;
  virtual std::uint64_t size_bytes() const = 0;
};

}  // namespace cairn::scsi

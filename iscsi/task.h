// One SCSI command from its arrival to its answer, as the session and the storage share it.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "iscsi/pdu.h"
#include "iscsi/scsi/device.h"

namespace cairn::iscsi {

// Bytes that are not cleared first; shared by the task and the PDUs that carry them.
class buffer {
 public:
  buffer() = default;
  explicit buffer(std::size_t size) : bytes_(new std::byte[size]), size_(size) {}
  byte_span span() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  const std::shared_ptr<std::byte[]>& owner() const { return bytes_; }

 private:
  std::shared_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

struct task {
  enum class state : std::uint8_t {
    collecting,  // of data from the initiator, once there is room
    waiting,     // for the storage, or an ordered task before it
    running,     // at the storage
    ended,
  };

  header command;
  scsi::cdb cdb{};
  std::uint64_t lun = 0;
  std::uint64_t arrival = 0;  // numbers the tasks of a session
  scsi::decision what;
  state now = state::collecting;

  // Data-out. It comes strictly in order (DataPDUInOrder, DataSequenceInOrder).
  std::uint32_t wanted = 0;       // bytes that the command takes and the initiator has
  std::uint32_t received = 0;     // bytes so far, those that nobody wants included
  std::uint32_t asked = 0;        // up to here they were asked for by R2T
  bool unsolicited_open = false;  // more will come of its own accord
  std::uint32_t r2t_sn = 0;
  std::uint32_t next_data_sn = 0;  // within a sequence
  struct burst {
    std::uint32_t tag = 0, end = 0;  // the R2T's target transfer tag; the byte behind it
  };
  std::deque<burst> bursts;  // R2Ts that are outstanding, in order

  std::size_t room = 0;   // bytes of the session's bound that it needs; 0: none
  bool admitted = false;  // they are counted

  byte_view data;  // data-out when it is complete; into `held`, or into the stream's buffer
  buffer held;     // data-out, or data-in of a read

  bool counted = false;              // in the command window
  bool told = false;                 // that it was aborted: by another nexus (TAS)
  std::atomic<bool> aborted{false};  // read by the storage, too: what has not begun need not
  // Kept by whoever must know when this task is gone (task management).
  std::vector<std::shared_ptr<const void>> awaited;

  std::uint32_t tag() const { return command.task_tag(); }
  std::uint32_t expected() const { return command.u32(20); }  // Expected Data Transfer Length
  bool reads() const { return (command.flags() & 0x40) != 0; }
  bool writes() const { return (command.flags() & 0x20) != 0; }
  bool ordered() const { return (command.flags() & 0x07) == 2; }
  bool first() const { return (command.flags() & 0x07) == 3; }  // head of queue
  bool waits_for_room() const { return room > 0 && !admitted; }
  std::uint32_t reads_at_most() const { return reads() ? expected() : 0; }
  // The data stays when the stream's buffer goes on.
  void own_data() {
    if (data.empty() || data.data() == held.span().data()) return;
    held = buffer(data.size());
    std::copy(data.begin(), data.end(), held.span().begin());
    data = held.span();
  }
};
using task_ptr = std::shared_ptr<task>;

}  // namespace cairn::iscsi

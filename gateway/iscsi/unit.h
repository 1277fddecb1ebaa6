// A volume as the storage under a scsi::device: does what a scsi::work asks for.
//
// try_now() runs in a network thread, so it takes only what needs no disk: reads from memory, and
// appends to the journal, which the page cache takes. run() may wait, in a thread of its own.
//
// Writes that find the journal full wait in run() until there is room, and no longer than somebody
// wants them: what was aborted while it waited is not begun.
//
// Thread-safe. `done` comes once, from any thread: at the end of a hold from the one that ended it.
#pragma once
#include <atomic>
#include <functional>

#include "gateway/gateway.h"
#include "iscsi/task.h"

namespace cairn::iscsi {

class unit {
 public:
  using acknowledge_work = std::function<void(const scsi::work_outcome&)>;

  // `stopping` ends every wait.
  unit(exported_volume volume, const std::atomic<bool>& stopping)
      : volume_(volume), stopping_(stopping) {}

  // false: it was not begun, `done` will not be called.
  bool try_now(const scsi::work& w, byte_view out, byte_span in, const acknowledge_work& done);
  void run(const scsi::work& w, byte_view out, byte_span in, const std::atomic<bool>& aborted,
           const acknowledge_work& done);
  // Whether run() may wait for room in the journal, rather than for a disk alone.
  static bool takes_room(scsi::work_kind kind);

  volume_facts facts() const { return volume_.facts(); }

 private:
  host_face& owner() const { return *volume_.owner; }
  void keep_pace(std::uint64_t write_bytes) const;
  using abort_flag = const std::atomic<bool>&;
  template <class F>
  result<void> patiently(abort_flag aborted, F&& attempt) const;
  void retry_when_full(const std::function<void(acknowledge)>& attempt, abort_flag aborted,
                       const acknowledge_work& done) const;
  void write(const scsi::work& w, byte_view out, abort_flag aborted,
             const acknowledge_work& done) const;
  scsi::work_outcome write_and_wait(byte_view out, std::uint64_t offset, bool fua,
                                    abort_flag aborted) const;
  scsi::work_outcome write_and_look(const scsi::work& w, byte_view out, abort_flag aborted) const;
  void clear(const std::vector<byte_range>& ranges, record_kind kind, bool fua, abort_flag aborted,
             const acknowledge_work& done) const;
  void write_same(const scsi::work& w, byte_view block, abort_flag aborted,
                  const acknowledge_work& done) const;
  void change(const scsi::work& w, byte_view out, abort_flag aborted,
              const acknowledge_work& done) const;
  scsi::work_outcome compare(byte_range range, byte_view with) const;
  scsi::work_outcome check(byte_range range) const;
  scsi::work_outcome status_of(const scsi::work& w) const;

  const exported_volume volume_;
  const std::atomic<bool>& stopping_;
};

}  // namespace cairn::iscsi

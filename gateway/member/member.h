// One member on this gateway: its volumes and its journal, put together.
//
//   host ── front end ──► begin / finish ──► journal ──► acknowledge
//                              │ hold gate      │
//                              ▼                ▼
//                        pending map ◄──    destaging ──► backing file
//
// What both roles share is in member_core and destaging; a primary_side has what a primary does, a
// secondary_side what a secondary does, and a promotion (secondary_side) makes the one that
// follows. Others call the faces (faces.h); a pointer to one is null where the role of now doesn't
// have it, and one that was asked for stays valid as long as the member.
//
// The member runs threads of its own once start() was called; the simulator does not call start()
// and runs their steps itself.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "config/config.h"
#include "gateway/member/faces.h"
#include "replication/status.h"
#include "storage/disk.h"

namespace cairn {

class member : public host_face {
 public:
  // Opens journal and volumes, recovers, finishes an interrupted APPLY, voids unsealed markers.
  static result<std::unique_ptr<member>> open(disk& on, const member_config& config,
                                              const std::string& gateway_name,
                                              const testing_config& testing, random_source& random);
  virtual void start() = 0;      // the threads
  virtual void stop_soon() = 0;  // an APPLY under way ends, and is gone on with at the next start
  virtual void stop() = 0;       // orderly: joins, destages nothing more, syncs all

  // ---- the steps that the threads repeat; the simulator calls them instead of start()
  virtual void hold_step(monotonic_time now) = 0;  // voids a marker whose limit ran out
  virtual std::optional<monotonic_time> hold_deadline() const = 0;
  // If all appends so far have finished: one fdatasync, then seals whose bytes it covered count.
  virtual void sync_step() = 0;
  virtual void catalog_step() = 0;  // rows into the catalog, the next segment ready
  virtual bool destage_step() = 0;  // a batch; false: nothing to do
  virtual void backing_step() = 0;  // syncs backing files, saves `backed`, trims

  // ---- in every role
  virtual const member_config& config() const = 0;
  virtual class journal& log() = 0;
  virtual member_role role() const = 0;
  virtual member_status status() const = 0;
  virtual member_hello welcome() const = 0;  // to a coordinator
  virtual void set_link(link_state state, const std::string& because) = 0;
  // Makes a volume larger while hosts use it, durably: its backing file, and what the journal knows
  // of it. 0: as large as the block device is now. false: it is as large already. EINVAL where it
  // would shrink, or the device is smaller. What is connected learns of it from the gateway.
  virtual result<bool> grow(std::size_t volume, std::uint64_t size_bytes) = 0;

  // ---- in the role of now
  virtual round_face* rounds() = 0;         // primary
  virtual selection_face* selection() = 0;  // secondary, or promoted
  virtual source_face* source() = 0;        // primary or fenced
  virtual arrival_face* arrivals() = 0;     // secondary
};

}  // namespace cairn

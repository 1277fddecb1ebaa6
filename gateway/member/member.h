// One member on this gateway: its volumes and its journal, put together.
//
//   host ── front end ──► begin / finish ──► journal ──► acknowledge
//                              │ hold gate      │
//                              ▼                ▼
//                        pending map ◄──    destaging ──► backing file
//
// Threads: front ends call read, write_…, flush from any thread; a write's acknowledgement comes
// through the callback given with it, at once or at the end of a hold, from whichever thread ended
// the hold. The control server calls on_mark … on_promote. The links use journal() and the
// functions under "link". The member runs three threads of its own (clock: hold limits; sync:
// fdatasync pace, catalog rows, segments; destage) once start() was called; the simulator does not
// call start() and runs their steps itself.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "config/config.h"
#include "gateway/volume/room_patience.h"
#include "gateway/volume/volume.h"
#include "journal/journal.h"
#include "replication/control_messages.h"
#include "replication/link_messages.h"
#include "replication/status.h"
#include "storage/disk.h"

namespace cairn {

using monotonic_time = std::chrono::steady_clock::time_point;

// Called exactly once for each host operation; the error's code is the errno for the host.
using acknowledge = std::function<void(result<void>)>;

struct volume_facts {
  std::string name;
  uuid id;
  std::uint64_t size_bytes = 0;
  std::uint64_t naa = 0;
  std::string serial;
  bool writable = false;  // now: primary and not fenced, or promoted
};

class member {
 public:
  // Opens journal and volumes, recovers, finishes an interrupted APPLY, voids unsealed markers.
  static result<std::unique_ptr<member>> open(disk& on, const member_config& config,
                                              const std::string& gateway_name,
                                              const testing_config& testing, random_source& random);
  virtual ~member() = default;
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

  virtual const member_config& config() const = 0;
  virtual class journal& log() = 0;

  // ---- front ends. `volume`: index from 0 in facts(). Ranges were checked against the size.
  virtual std::vector<volume_facts> facts() const = 0;
  // Makes a volume larger while hosts use it, durably: its backing file, and what the journal knows
  // of it. 0: as large as the block device is now. false: it is as large already. EINVAL where it
  // would shrink, or the device is smaller. What is connected learns of it from the gateway.
  virtual result<bool> grow(std::size_t volume, std::uint64_t size_bytes) = 0;
  virtual result<void> read(std::size_t volume, byte_span out, std::uint64_t offset) = 0;
  // The same, but only if no disk has to be waited for; false: call read().
  virtual bool read_cached(std::size_t volume, byte_span out, std::uint64_t offset) = 0;
  // Journals in the caller's thread, from the caller's buffer; `done` comes when it may be
  // acknowledged. `fua`: durable before that.
  virtual void write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
                     acknowledge done) = 0;
  // Reads the range, lets `change` rewrite what was read, and writes that; false: it is left alone,
  // and `done` comes with EILSEQ. Nothing else is written to the volume in between, by whichever
  // front end (COMPARE AND WRITE). Waits for the end of a hold: it never sees what may not be seen.
  virtual void change(std::size_t volume, byte_range range, bool fua,
                      const std::function<bool(byte_span)>& rewrite, acknowledge done) = 0;
  // kind: zero or trim. Both read as zeroes afterwards.
  virtual void clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
                     acknowledge done) = 0;
  virtual result<void> flush(std::size_t volume) = 0;  // covers every acknowledged write
  // How long a front end waits before a write of so many bytes (0: a trim or zero), so that
  // destaging and the making of segments keep up: 0 mostly.
  virtual std::chrono::microseconds write_delay(std::uint64_t write_bytes) const = 0;
  virtual journal_room room() const = 0;
  // Of the front of the range, as many as `extents_max`.
  virtual result<std::vector<extent>> extents(std::size_t volume, byte_range range,
                                              std::size_t extents_max) = 0;
  // The same write, but waits: for front ends that have a thread for each request.
  result<void> write_and_wait(std::size_t volume, byte_view data, std::uint64_t offset, bool fua);
  result<void> clear_and_wait(std::size_t volume, record_kind kind, byte_range range, bool fua);

  // ---- control (section 6). Each refusal is a control_refusal with a sentence.
  using reply = std::function<void(const control_message&)>;
  virtual member_hello welcome() const = 0;
  // Answers inserted or control_refusal at once; later, once, `outcome` through the same `to`.
  virtual void on_mark(const mark& m, monotonic_time now, reply to) = 0;
  virtual void on_release(const release& r, monotonic_time now) = 0;
  virtual void on_abandon(const abandon& a, monotonic_time now) = 0;
  virtual control_message on_report(const report& r) = 0;
  virtual control_message on_apply(const apply& a) = 0;      // blocks until applied
  virtual control_message on_promote(const promote& p) = 0;  // blocks until promoted
  virtual member_status status() const = 0;

  // ---- link
  // Sender side: what HELLO carries; watermarks that the peer told; fencing.
  virtual hello make_hello() const = 0;
  virtual void peer_progress(const link_progress& p, sequence sent) = 0;
  virtual void peer_lost() = 0;
  virtual void set_link(link_state state, const std::string& because) = 0;
  // The peer is of a newer lineage: stop accepting writes for good, persist it, say so (I8).
  virtual void fence(const std::string& because) = 0;
  // The newest sequence that may be shipped now: finished, and no seal that is not durable.
  virtual sequence shippable() const = 0;
  // `wake` is called, from any thread, when shippable() or durable() advanced: once for each
  // want_wake(). Who calls that looks at the watermarks again behind it. It must not block.
  virtual void on_progress(std::function<void()> wake) = 0;
  virtual void want_wake() = 0;
  // Receiver side: adopts volume ids from an accepted HELLO (empty volumes only).
  virtual result<void> adopt_volumes(const std::vector<volume_offer>& offers) = 0;
  // What an accepted HELLO says of history: drops every record above `keep_to` and learns the
  // primary's lineages and starts, durable when it returns. EROFS once a takeover began.
  virtual result<void> follow(const hello& from, sequence keep_to) = 0;
  // journal::append_received, but never while a takeover cuts the journal. EROFS once one began.
  virtual result<void> append_received(std::span<const received_record> records) = 0;
  // After records were appended, cut or synced by the receiver link; from its one thread.
  virtual void stored_advanced() = 0;
};

}  // namespace cairn

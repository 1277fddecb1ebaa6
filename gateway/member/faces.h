// What a member is for those who call it: hosts, the coordinators, the two ends of the link. Each
// gets its face and sees no more.
//
// A member has the faces of its role only (member.h): what a message of the other role would call
// is not there, so that such a message can do no more than be refused.
#pragma once
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "gateway/volume/room_patience.h"
#include "gateway/volume/volume.h"
#include "journal/journal.h"
#include "replication/control_messages.h"
#include "replication/link_messages.h"

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

// For front ends, in either role; any thread. `volume`: index from 0 in facts(). Ranges were
// checked against the size. Writes are refused with EROFS where this side is not the primary.
class host_face {
 public:
  virtual ~host_face() = default;
  virtual std::vector<volume_facts> facts() const = 0;
  virtual result<void> read(std::size_t volume, byte_span out, std::uint64_t offset) = 0;
  // The same, but only if no disk has to be waited for; false: call read().
  virtual bool read_cached(std::size_t volume, byte_span out, std::uint64_t offset) = 0;
  // Journals in the caller's thread, from the caller's buffer; `done` comes when it may be
  // acknowledged, at once or at the end of a hold, from whichever thread ended it. `fua`: durable
  // before that.
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
  // Of the front of the range, as many as `extents_max`.
  virtual result<std::vector<extent>> extents(std::size_t volume, byte_range range,
                                              std::size_t extents_max) = 0;
  // How long a front end waits before a write of so many bytes (0: a trim or zero), so that
  // destaging and the making of segments keep up: 0 mostly.
  virtual std::chrono::microseconds write_delay(std::uint64_t write_bytes) const = 0;
  virtual journal_room room() const = 0;
  virtual space_ahead ahead() const = 0;  // that records take without a segment being made

  // The same write, but waits: for front ends that have a thread for each request.
  result<void> write_and_wait(std::size_t volume, byte_view data, std::uint64_t offset, bool fua);
  result<void> clear_and_wait(std::size_t volume, record_kind kind, byte_range range, bool fua);
};

// For the primary coordinator (DESIGN.md section 6): of a primary.
class round_face {
 public:
  using reply = std::function<void(const control_message&)>;
  virtual ~round_face() = default;
  // Answers inserted or control_refusal at once; later, once, `outcome` through the same `to`, from
  // whichever thread ends the hold. Waits for the disk that takes the marker.
  virtual void on_mark(const mark& m, monotonic_time now, reply to) = 0;
  virtual void on_release(const release& r, monotonic_time now) = 0;
  virtual void on_abandon(const abandon& a, monotonic_time now) = 0;
};

// For the secondary coordinator: of a secondary, and of a primary that was promoted, which still
// answers for that takeover and no other. Each waits until it is done; a refusal is a
// control_refusal with a sentence.
class selection_face {
 public:
  virtual ~selection_face() = default;
  virtual control_message on_report(const report& r) = 0;
  virtual control_message on_apply(const apply& a) = 0;
  virtual control_message on_promote(const promote& p) = 0;
};

// For the sending end of the link: of a primary, fenced or not.
class source_face {
 public:
  virtual ~source_face() = default;
  virtual hello make_hello() const = 0;
  // Who the peer is: kept durably.
  virtual void peer_answered(const hello_answer& a) = 0;
  virtual void peer_progress(const link_progress& p, sequence sent) = 0;
  virtual void peer_lost() = 0;
  // The peer is of a newer lineage: stop accepting writes for good, persist it, say so (I8).
  virtual void fence(const std::string& because) = 0;
  // The newest sequence that may be shipped now: finished, and no seal that is not durable.
  virtual sequence shippable() const = 0;
  // `wake` is called, from any thread, when shippable() or durable() advanced: once for each
  // want_wake(). Who calls that looks at the watermarks again behind it. It must not block.
  virtual void on_progress(std::function<void()> wake) = 0;
  virtual void want_wake() = 0;
};

// For the receiving end: of a secondary. EROFS once a takeover began.
class arrival_face {
 public:
  virtual ~arrival_face() = default;
  // Volume ids from an accepted HELLO (empty volumes only).
  virtual result<void> adopt_volumes(const std::vector<volume_offer>& offers) = 0;
  // What an accepted HELLO says of history: drops every record above `keep_to` and learns the
  // primary's lineages and starts, durable when it returns.
  virtual result<void> follow(const hello& from, sequence keep_to) = 0;
  // Who the primary is: kept durably.
  virtual result<void> keep_peer(const hello& from) = 0;
  // journal::append_received, but never while a takeover cuts the journal.
  virtual result<void> append_received(std::span<const received_record> records) = 0;
  // After records were appended, cut or synced by the receiver link; from its one thread.
  virtual void stored_advanced() = 0;
};

}  // namespace cairn

// What a primary does: takes its hosts' writes, holds their acknowledgements while a marker is
// taken, seals or voids it, and tells the link what may leave. A fenced primary takes no writes any
// more; what it holds it still owes its hosts and its peer.
//
// Spread by subject: primary_hosts (the write path of DESIGN.md section 5), primary_rounds
// (docs/markers.md), primary_link. Thread-safe. Made when the member comes up as a primary, or by
// its promotion; it lasts as long as the member.
#pragma once
#include <atomic>
#include <deque>
#include <map>

#include "base/prefix.h"
#include "gateway/member/destaging.h"
#include "gateway/member/hold_gate.h"
#include "gateway/member/member_core.h"
#include "gateway/member/stepping_thread.h"
#include "gateway/volume/change_lock.h"

namespace cairn {

class primary_side final : public round_face, public source_face {
 public:
  primary_side(member_core& core, const destaging& destages, const testing_config& testing);

  // Enters what is not yet destaged into the pending maps, voids unsealed markers.
  result<void> restore(const std::vector<marker_body>& unsealed);
  void start();
  void stop_soon();
  // Joins its threads, lets go what is withheld, syncs; when they had been started.
  void stop();

  // ---- hosts
  void write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
             acknowledge&& done);
  void change(std::size_t volume, byte_range range, bool fua,
              const std::function<bool(byte_span)>& rewrite, acknowledge&& done);
  void clear(std::size_t volume, record_kind kind, byte_range range, bool fua, acknowledge&& done);
  result<void> flush(std::size_t volume);

  // ---- rounds
  void on_mark(const mark& m, monotonic_time now, reply to) override;
  void on_release(const release& r, monotonic_time now) override;
  void on_abandon(const abandon& a, monotonic_time now) override;
  void hold_step(monotonic_time now);
  std::optional<monotonic_time> hold_deadline() const { return gate_.deadline(); }
  std::pair<epoch, marker_number> highest_marker() const { return gate_.highest(); }

  // ---- link
  hello make_hello() const override;
  void peer_answered(const hello_answer& a) override;
  void peer_progress(const link_progress& p, sequence sent) override;
  void peer_lost() override;
  void fence(const std::string& because) override;
  sequence shippable() const override;
  void on_progress(std::function<void()> wake) override;
  void want_wake() override { wake_wanted_ = true; }

  // ---- what the member's steps ask
  void sync_step();
  void sync_now();              // says it when it fails
  sequence trim_limit() const;  // what the peer needs no more
  sequence stored_at_peer() const;
  void fill(member_status& s) const;

 private:
  // What the peer told.
  struct peer_view {
    bool known = false;  // `stored` was learned at a HELLO since the start
    sequence sent, received, stored;
    marker_id applied;
    sequence applied_sequence;
    std::deque<std::pair<marker_id, sequence>> sealed;  // durable seals not yet stored there
    marker_id newest_stored;
  };
  static constexpr std::size_t sealed_max = 100'000;  // a day of markers, one a second
  // A seal that is in the journal but not yet durable.
  struct young_seal {
    marker_id marker;
    sequence at;
    std::chrono::microseconds held;
    reply to;
  };
  struct hold_counts {
    std::uint64_t count = 0, voided = 0, last_us = 0, max_us = 0;
    marker_id inserted, sealed;
  };
  // One host operation of one or more records, counted down until all may be acknowledged.
  struct operation;

  // primary_hosts
  result<void> accepts(std::size_t volume) const;
  result<append_slot> append(const record& draft, std::span<const iovec> data);
  using appended = std::vector<append_slot>;
  void append_together(const std::shared_ptr<operation>& op, bool fua);
  appended append_all(operation& op);
  void finish(const std::shared_ptr<operation>& op, const appended& slots, bool fua);
  result<void> wait_until_visible(sequence upto);
  void publish(const append_slot& slot);
  void mark_visible(sequence s);
  result<void> sync_journal();
  // primary_rounds
  marker_body body_of(marker_id marker) const;
  result<append_slot> append_marker(record_kind kind, const marker_body& body);
  control_refusal refuse(const mark& m, const std::string& why) const;
  void finish_hold(hold_gate::opened o);
  void append_seal(const hold::ended& how, reply to);
  void after_sync();
  // primary_link
  void wake_link();

  member_core& core_;
  const destaging& destages_;
  change_lock changes_;
  hold_gate gate_;
  guarded<prefix> visible_;  // published records, and those that publish nothing
  guarded<peer_view> peer_;
  guarded<std::vector<young_seal>> seals_;
  guarded<std::map<marker_id, reply>> askers_;  // of markers being inserted or held
  guarded<hold_counts> holds_;
  guarded<std::function<void()>> wake_;
  std::atomic<bool> wake_wanted_{false};
  background_pace pace_;  // of the sync thread
  stepping_thread hold_thread_;
  stepping_thread sync_thread_;
};

}  // namespace cairn

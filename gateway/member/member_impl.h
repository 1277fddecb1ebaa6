// The one implementation of member, spread by subject: member_open (start), member_host (front
// ends), member_volumes (ids and sizes), member_round (markers), member_apply (selection,
// takeover), member_link, member_status, member_threads.
//
// Locks, in the order in which they may be taken: changes_, apply_mutex_, destage_mutex_,
// arrivals_mutex_, then any one of the small ones (gate, visible, samples, peer, seals), under
// which nothing else is called.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/events.h"
#include "base/guarded.h"
#include "base/heartbeat.h"
#include "base/prefix.h"
#include "gateway/member/hold_gate.h"
#include "gateway/member/member.h"
#include "gateway/volume/background_pace.h"
#include "gateway/volume/change_lock.h"
#include "gateway/volume/destager.h"
#include "gateway/volume/lag_samples.h"
#include "gateway/volume/volume.h"

namespace cairn {

class member_impl final : public member {
 public:
  member_impl(const member_config& config, std::string gateway_name, const testing_config& testing,
              std::unique_ptr<journal> log, std::vector<std::unique_ptr<volume>> volumes);
  ~member_impl() override;

  // Rebuilds pending maps, applies up to the target, voids unsealed markers. Before start().
  result<void> restore(const recovery_report& found);

  void start() override;
  void stop_soon() override { stops_soon_ = true; }
  void stop() override;
  void hold_step(monotonic_time now) override;
  std::optional<monotonic_time> hold_deadline() const override { return gate_.deadline(); }
  void sync_step() override;
  void catalog_step() override;
  bool destage_step() override;
  void backing_step() override;

  const member_config& config() const override { return config_; }
  journal& log() override { return *log_; }

  std::vector<volume_facts> facts() const override;
  result<bool> grow(std::size_t volume, std::uint64_t size_bytes) override;
  result<void> read(std::size_t volume, byte_span out, std::uint64_t offset) override;
  bool read_cached(std::size_t volume, byte_span out, std::uint64_t offset) override;
  void change(std::size_t volume, byte_range range, bool fua,
              const std::function<bool(byte_span)>& rewrite, acknowledge done) override;
  void write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
             acknowledge done) override;
  void clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
             acknowledge done) override;
  result<void> flush(std::size_t volume) override;
  std::chrono::microseconds write_delay(std::uint64_t write_bytes) const override;
  journal_room room() const override;
  result<std::vector<extent>> extents(std::size_t volume, byte_range range,
                                      std::size_t extents_max) override;

  member_hello welcome() const override;
  void on_mark(const mark& m, monotonic_time now, reply to) override;
  void on_release(const release& r, monotonic_time now) override;
  void on_abandon(const abandon& a, monotonic_time now) override;
  control_message on_report(const report& r) override;
  control_message on_apply(const apply& a) override;
  control_message on_promote(const promote& p) override;
  member_status status() const override;

  hello make_hello() const override;
  void peer_progress(const link_progress& p, sequence sent) override;
  void peer_lost() override;
  void set_link(link_state state, const std::string& because) override;
  void fence(const std::string& because) override;
  sequence shippable() const override;
  void on_progress(std::function<void()> wake) override;
  void want_wake() override { wake_wanted_ = true; }
  result<void> adopt_volumes(const std::vector<volume_offer>& offers) override;
  result<void> follow(const hello& from, sequence keep_to) override;
  result<void> append_received(std::span<const received_record> records) override;
  void stored_advanced() override;

 private:
  // What the peer told, and how the link stands.
  struct peer_view {
    link_state link = link_state::connecting;
    std::string because;
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

  // What is in the log of this member, or of one of its volumes.
  log_subject subject(const std::string& of_volume = {}) const {
    return {config_.group, config_.name, of_volume};
  }
  // member_host
  result<void> accepts(std::size_t volume) const;
  result<append_slot> append(const record& draft, std::span<const iovec> data);
  result<append_slot> append_marker(record_kind kind, const marker_body& body);
  using appended = std::vector<append_slot>;
  void append_together(const std::shared_ptr<operation>& op, bool fua);
  appended append_all(operation& op);
  void finish(const std::shared_ptr<operation>& op, const appended& slots, bool fua);
  result<void> wait_until_visible(sequence upto);
  void enter(const row& r);
  void publish(const append_slot& slot);
  void count(const row& r, monotonic_time now);
  void mark_visible(sequence s);
  void wake_link();
  // member_round
  void finish_hold(hold_gate::opened o);
  void watch_hold();
  void append_seal(const hold::ended& how, reply to);
  void after_sync();
  // member_link
  result<void> takes_arrivals() const;
  // member_apply
  // Whether backing files are synced between two stages, too: once the member has started, its
  // destaging thread does that.
  enum class backs_too { no, yes };
  result<void> advance_to(sequence marker_at, backs_too also);
  sequence next_stage(sequence marker_at) const;
  result<void> show(sequence end);
  // Calls f with every row of (behind, upto], ascending, a bounded number in memory at a time.
  result<void> each_row(sequence behind, sequence upto, const std::function<void(const row&)>& f);
  control_refusal refuse(const char* about, marker_id m, std::string why) const;
  // limits
  bool is_primary() const { return role_ == member_role::primary; }
  // Its hosts wrote what it holds. A fenced one still owes them durability.
  bool has_hosts_writes() const {
    const auto role = role_.load();
    return role == member_role::primary || role == member_role::fenced;
  }
  sequence destage_limit() const;
  sequence trim_limit() const;
  sequence visible_end() const;           // of what its volumes show
  std::uint64_t pending_records() const;  // of these, not yet destaged
  void check_watermarks() const;
  // member_open
  result<void> index_volumes();
  result<void> restore_pending();
  void restore_samples(const recovery_report& found);
  // member_threads
  void start_thread(const std::string& name, void (member_impl::*loop)());
  void hang();
  void hold_loop();
  void sync_loop();
  void catalog_loop();
  void destage_loop();
  journal_load load() const;
  bool has_peer() const;
  void sweep(background_pace& pace);
  void trim_step();
  template <class T>
  void tell_once(std::string& told, const result<T>& done) const;
  void tell_destaging(const std::string& trouble, log_event event);
  result<void> sync_journal();
  void sync_now();
  bool stopping() const;
  bool nap(std::chrono::milliseconds longest);

  const member_config config_;
  const std::string gateway_name_;
  std::unique_ptr<journal> log_;
  const std::vector<std::unique_ptr<volume>> volumes_;  // in the order of the configuration
  std::vector<volume*> table_;  // by index - 1 in the journal; filled before the first record
  hold_gate gate_;
  std::atomic<member_role> role_;

  change_lock changes_;
  guarded<prefix> visible_;  // published records, and those that publish nothing
  std::atomic<std::uint64_t> visible_reached_{0};
  std::atomic<std::uint64_t> changed_bytes_{0};  // of volumes, by records entered since the start
  std::atomic<std::uint64_t> synced_bytes_{0};   // of these, up to the last fdatasync
  guarded<lag_samples> samples_;
  guarded<peer_view> peer_;
  guarded<std::vector<young_seal>> seals_;
  guarded<std::map<marker_id, reply>> askers_;  // of markers being inserted or held
  guarded<hold_counts> holds_;
  guarded<std::function<void()>> wake_;
  std::atomic<bool> wake_wanted_{false};

  turn_mutex apply_mutex_{"who applies"};     // also of what is known of the volumes
  std::atomic<std::uint64_t> applied_{0};     // secondary: end of what its volumes show
  std::atomic<std::uint64_t> generation_{0};  // counts changes of what a secondary shows
  // What the peer sends goes in, or a takeover cuts: never both.
  turn_mutex arrivals_mutex_{"who takes arrivals"};
  turn_mutex destage_mutex_{"who destages"};
  std::unique_ptr<destager> destager_;
  std::atomic<bool> stops_soon_{false};
  std::atomic<bool> destage_stopped_;           // by [testing], or a volume or the journal failed
  std::atomic<bool> destage_waits_{false};      // for space in a backing file's file system
  guarded<std::string> destage_trouble_;        // the sentence of what is logged about either
  std::string catalog_trouble_;                 // of the catalog's thread
  std::string backing_trouble_, trim_trouble_;  // of the destaging thread

  mutable std::mutex thread_mutex_;
  const std::string hangs_;  // by [testing]: the thread that does
  std::condition_variable hold_wakes_, sync_wakes_, nap_ends_;
  bool stopping_ = false;
  bool hold_changed_ = false;
  bool sync_wanted_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn

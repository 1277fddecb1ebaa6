// The one implementation of member: it owns what both roles share and the side of the role of now,
// runs the threads of both, and hands out the faces.
//
// A secondary_side that was promoted stays beside the primary_side that follows: who asked for a
// face before may still hold it.
#pragma once
#include <atomic>

#include "gateway/member/destaging.h"
#include "gateway/member/finished_takeover.h"
#include "gateway/member/member.h"
#include "gateway/member/member_core.h"
#include "gateway/member/primary_side.h"
#include "gateway/member/secondary_side.h"
#include "gateway/member/stepping_thread.h"

namespace cairn {

class member_impl final : public member {
 public:
  member_impl(const member_config& config, std::string gateway_name, const testing_config& testing,
              std::unique_ptr<journal> log, member_core::volume_list volumes);
  ~member_impl() override;

  // Rebuilds pending maps, applies up to the target, voids unsealed markers. Before start().
  result<void> restore(const recovery_report& found);

  void start() override;
  void stop_soon() override;
  void stop() override;
  void hold_step(monotonic_time now) override;
  std::optional<monotonic_time> hold_deadline() const override;
  void sync_step() override;
  void catalog_step() override;
  bool destage_step() override { return destages_.step(); }
  void backing_step() override;

  const member_config& config() const override { return core_.config(); }
  journal& log() override { return core_.log(); }
  member_role role() const override { return core_.role(); }
  member_status status() const override;
  member_hello welcome() const override;
  void set_link(link_state state, const std::string& because) override {
    core_.set_link(state, because);
  }
  result<bool> grow(std::size_t volume, std::uint64_t size_bytes) override;

  round_face* rounds() override;
  selection_face* selection() override;
  source_face* source() override { return primary(); }
  arrival_face* arrivals() override;

  std::vector<volume_facts> facts() const override { return core_.facts(); }
  result<void> read(std::size_t volume, byte_span out, std::uint64_t offset) override {
    return core_.read(volume, out, offset);
  }
  bool read_cached(std::size_t volume, byte_span out, std::uint64_t offset) override;
  void write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
             acknowledge done) override;
  void change(std::size_t volume, byte_range range, bool fua,
              const std::function<bool(byte_span)>& rewrite, acknowledge done) override;
  void clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
             acknowledge done) override;
  result<void> flush(std::size_t volume) override;
  result<std::vector<extent>> extents(std::size_t volume, byte_range range,
                                      std::size_t extents_max) override;
  std::chrono::microseconds write_delay(std::uint64_t write_bytes) const override;
  journal_room room() const override;
  space_ahead ahead() const override { return core_.log().ahead(); }

 private:
  primary_side* primary() const { return primary_; }  // null: it has not been one since the start
  std::unique_ptr<primary_side> make_primary();
  void become_primary();
  result<void> no_writes(std::size_t volume) const;
  void restore_lag(const recovery_report& found);
  void add_lag(member_status& s, sequence reached) const;
  sequence trim_limit() const;
  void sync_received();
  void sweep();
  stepping_thread::clock::time_point destage_turn();

  const std::string gateway_name_;
  const testing_config testing_;
  member_core core_;
  destaging destages_;
  std::unique_ptr<secondary_side> secondary_;  // none: it came up as a primary
  std::unique_ptr<primary_side> owned_primary_;
  std::atomic<primary_side*> primary_{nullptr};
  finished_takeover finished_;

  std::string catalog_told_;  // what went wrong at the last look
  background_pace pace_;      // of the destaging thread
  stepping_thread::clock::time_point trim_looked_{};
  std::atomic<bool> running_{false};
  stepping_thread catalog_thread_;
  stepping_thread destage_thread_;
};

}  // namespace cairn

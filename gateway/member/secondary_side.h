// What a secondary does: takes what its primary sends, tells which markers it holds, lets its
// volumes advance to the one that was chosen, and is promoted.
//
// Spread by subject: secondary_arrivals (the link), secondary_apply (REPORT, APPLY), promotion.
// Thread-safe. Made when the member comes up as a secondary; it lasts as long as the member, and
// once it was promoted it answers as a finished takeover does.
#pragma once
#include <atomic>
#include <functional>

#include "gateway/member/destaging.h"
#include "gateway/member/finished_takeover.h"
#include "gateway/member/member_core.h"

namespace cairn {

class secondary_side final : public selection_face, public arrival_face {
 public:
  // `become_primary` is called once, in the middle of a promotion: the journal is cut and says that
  // this side is primary, and nobody sees it as that before the call has returned.
  secondary_side(member_core& core, destaging& destages, std::function<void()> become_primary);

  // Applies up to the target. EIO where the journal doesn't reach it.
  result<void> restore();
  void stop_soon() { stops_soon_ = true; }  // an APPLY under way ends with ESHUTDOWN

  control_message on_report(const report& r) override;
  control_message on_apply(const apply& a) override;
  control_message on_promote(const promote& p) override;

  result<void> adopt_volumes(const std::vector<volume_offer>& offers) override;
  result<void> follow(const hello& from, sequence keep_to) override;
  result<void> keep_peer(const hello& from) override;
  result<void> append_received(std::span<const received_record> records) override;
  void stored_advanced() override;

  void fill(member_status& s) const;

 private:
  // Whether backing files are synced between two stages, too: once the member has started, its
  // destaging thread does that.
  enum class backs_too { no, yes };
  // What a takeover sets aside: what lies behind its marker.
  struct tail {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
  };

  // secondary_apply
  result<sequence> choose(const apply& a);
  result<void> advance_to(sequence marker_at, backs_too also);
  sequence next_stage(sequence marker_at) const;
  result<void> show(sequence end);
  // secondary_arrivals
  result<void> takes_arrivals() const;
  // promotion
  result<tail> cut(const promote& p);
  result<tail> count_behind(sequence keep) const;

  member_core& core_;
  destaging& destages_;
  const std::function<void()> become_primary_;
  finished_takeover finished_;
  // What the peer sends goes in, or a takeover cuts: never both.
  turn_mutex arrivals_turn_{"who takes arrivals"};
  sequence counted_;  // for lag, up to here
  std::atomic<bool> stops_soon_{false};
};

}  // namespace cairn

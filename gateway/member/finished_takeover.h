// What a member that was promoted answers to the secondary coordinator that promoted it, or to a
// later start of it: that takeover is finished as often as it is asked for, and nothing else is
// begun.
//
// Thread-safe; only the selection epoch changes.
#pragma once
#include "gateway/member/member_core.h"

namespace cairn {

class finished_takeover final : public selection_face {
 public:
  explicit finished_takeover(member_core& core) : core_(core) {}

  control_message on_report(const report& r) override;
  control_message on_apply(const apply& a) override;      // at its own marker: applied
  control_message on_promote(const promote& p) override;  // the same once more: promoted

 private:
  member_core& core_;
};

// ---- what both answers share

// "marker 7 of epoch 2"
std::string words_for(marker_id m);
// Takes note of a secondary coordinator's epoch; ESTALE with the sentence where it is over.
result<void> obey(member_state& s, epoch asked);
// Takes note of the epoch durably, and answers with what is persisted and stored.
control_message answer_report(member_core& core, const report& r);

}  // namespace cairn

// What one life of a secondary member consists of: a primary that comes and goes, a secondary
// coordinator, and the member's own steps. What must hold:
//
//   * what it called stored is there after any death, unless the primary took it back;
//   * what the primary took back is never found again;
//   * an APPLY that was answered holds for good, and the volumes show exactly the records up to the
//     marker, whatever else has arrived (I5);
//   * so does a PROMOTE.
#pragma once
#include <optional>

#include "tests/crash/mortal_member.h"
#include "tests/crash/played_primary.h"

namespace cairn {

class secondary_life {
 public:
  explicit secondary_life(mortal_member& of)
      : of_(of),
        primary_(of.random, mortal_member::volumes, mortal_member::volume_bytes),
        images_(mortal_member::volumes, mortal_member::volume_bytes) {}

  void judge_recovery();
  void live();
  // The promotion that its journal holds; from then on it is a primary.
  bool promoted() const { return promoted_; }
  const volume_images& images() const { return images_; }
  marker_number last_marker() const { return target_.number; }

 private:
  void step();
  void greet();
  void receive();
  void store();
  void select();
  void choose(const reported& from);
  void promote_it();
  void show(marker_id target, sequence at);
  void judge_promotion(const member_state& s);
  void judge_stored();
  template <class R>
  bool must(const R& done);

  mortal_member& of_;
  played_primary primary_;
  volume_images images_;  // up to the target
  marker_id target_, attempted_;
  sequence shown_;   // the target's record
  sequence stored_;  // told to be durable, and not taken back since
  epoch selection_;
  bool greeted_ = false;  // in this life, by the newest incarnation
  bool promotion_told_ = false, promoted_ = false;
};

}  // namespace cairn

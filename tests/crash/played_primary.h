// A primary as its secondary meets it: its journal in memory, and what its restarts do to it.
//
// It obeys the rules of the link (DESIGN.md section 7): records are shipped as soon as they are
// finished, seals only when they are durable; a restart may take back what is behind the last one
// that was durable, leave gaps in it, and use the numbers again in a new incarnation.
#pragma once
#include <optional>
#include <vector>

#include "replication/link_messages.h"
#include "tests/crash/volume_images.h"
#include "tests/support/virtual_disk.h"

namespace cairn {

struct sent_record {
  record what;
  bytes data;
};

class played_primary {
 public:
  played_primary(seeded_random& random, std::size_t volumes, std::uint64_t volume_bytes);

  hello greeting() const;
  incarnation current() const { return starts_.back().number; }
  void restart();
  // At most `count` records behind `last`; new ones are made where there are none.
  std::vector<sent_record> behind(sequence last, std::uint64_t count);
  sequence end() const { return sequence(log_.size()); }
  const sent_record& at(sequence n) const { return log_[n.value - 1]; }
  // The marker's record, if it is sealed.
  std::optional<sequence> sealed(marker_id m) const;

 private:
  void make_one();
  sent_record make_change();
  sent_record make_control(record_kind kind);

  seeded_random& random_;
  const std::uint64_t volume_bytes_;
  std::vector<volume_offer> volumes_;
  const uuid journal_, lineage_;
  std::vector<incarnation_start> starts_;
  std::vector<sent_record> log_;  // by sequence - 1
  sequence floor_;                // the last seal: durable, so never taken back
  marker_number last_marker_;
  std::optional<sequence> unsealed_;  // a marker whose seal or void is to come
  std::vector<std::pair<marker_id, sequence>> sealed_;
};

// The change that a record makes.
change change_of(const sent_record& r);

}  // namespace cairn

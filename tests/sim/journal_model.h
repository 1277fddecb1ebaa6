// What one primary's journal contains, as the simulator saw it being written: the oracle's own
// account, kept from the headers that pass to the disk.
#pragma once
#include <optional>
#include <vector>

#include "replication/record.h"
#include "tests/sim/operation.h"

namespace cairn::sim {

struct journal_entry {
  record_kind kind = record_kind::gap;
  incarnation made_in;
  op_id op = 0;      // of write, zero, trim
  marker_id marker;  // of marker, seal, void
};

class journal_model {
 public:
  sequence end() const { return sequence(entries_.size()); }
  const journal_entry& at(sequence s) const { return entries_[s.value - 1]; }
  journal_entry& at(sequence s) { return entries_[s.value - 1]; }
  // Makes room up to `s`; what lies between is unknown yet: gaps.
  void reach(sequence s) {
    if (entries_.size() < s.value) entries_.resize(s.value);
  }
  void cut(sequence keep_to) {
    if (entries_.size() > keep_to.value) entries_.resize(keep_to.value);
  }
  // Where the marker's record lies; a number that was lost and taken again counts where it is now.
  std::optional<sequence> find(record_kind kind, marker_id marker) const;
  bool sealed(marker_id m) const { return find(record_kind::seal, m).has_value(); }

 private:
  std::vector<journal_entry> entries_;
};

// Which operation owns each sector of a volume.
struct image {
  struct owner {
    sequence seq;
    op_id op = 0;
  };
  std::vector<owner> sectors;

  explicit image(std::uint64_t size_bytes = 0) : sectors(size_bytes / sector_bytes) {}
  // The higher sequence wins, whatever the order of the calls.
  void enter(const operation& op, sequence seq);
};

}  // namespace cairn::sim

// Which bytes of a volume are newest in which journal record. A volume is its backing file plus
// this map (DESIGN.md section 3).
//
// Not thread-safe; its owner's lock guards it. Memory: about 80 bytes for each stretch of bytes
// that one record owns, until the record is destaged.
#pragma once
#include <absl/container/btree_map.h>

#include <cstdint>
#include <vector>

#include "base/byte_range.h"
#include "base/number.h"
#include "journal/journal.h"

namespace cairn {

// A stretch of a volume whose newest bytes lie in the record `seq`.
struct pending_extent {
  byte_range range;
  sequence seq;
  bool zero = false;       // a zero or trim: no bytes in the journal
  record_place at;         // of the record
  std::uint64_t skip = 0;  // into its data, of the first byte of `range`
};

class pending_map {
 public:
  // Takes in a record that changes the volume. Where records overlap the higher sequence wins,
  // whatever the order of the calls (I3).
  void insert(const record& r, const record_place& at);
  // The stretches that overlap `range`, clipped to it, ascending. What is in none of them is in the
  // backing file.
  std::vector<pending_extent> lookup(byte_range range) const;
  // Removes what is left of the record `seq` within `range`.
  void erase(byte_range range, sequence seq);
  // All stretches, ascending.
  std::vector<pending_extent> all() const;
  std::size_t size() const { return nodes_.size(); }

 private:
  struct node {
    std::uint64_t end;
    sequence seq;
    bool zero;
    record_place at;
    std::uint64_t skip;
  };
  // By offset of the first byte. Inserting and erasing move nodes: no iterator outlives either. A
  // B-tree takes half the time of std::map, as it is 100,000 cold nodes that are passed.
  using tree = absl::btree_map<std::uint64_t, node>;

  tree::const_iterator first_overlapping(std::uint64_t offset) const;
  void split(std::uint64_t offset);
  void insert_over(const record& r, const node& whole);

  tree nodes_;  // disjoint
};

}  // namespace cairn

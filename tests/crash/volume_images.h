// What the volumes of a member must hold: the changes that hosts asked for, folded in order of
// sequence (I3), whatever the order in which they are entered.
#pragma once
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/number.h"
#include "replication/record.h"

namespace cairn {

struct change {
  sequence seq;
  record_kind kind = record_kind::write;  // write, zero or trim
  std::size_t volume = 0;                 // from 0
  byte_range range;                       // of whole sectors
  bytes content;                          // of a write
};

class volume_images {
 public:
  static constexpr std::uint64_t sector_bytes = 512;

  volume_images(std::size_t volumes, std::uint64_t size_bytes)
      : all_(volumes, {bytes(size_bytes), std::vector<sequence>(size_bytes / sector_bytes)}) {}

  std::size_t count() const { return all_.size(); }
  byte_view of(std::size_t volume) const { return all_[volume].content; }
  void enter(const change& c);
  // Where `got`, which was read at `offset`, is not what the volume must hold; empty: nowhere.
  std::string difference(std::size_t volume, std::uint64_t offset, byte_view got) const;

 private:
  struct image {
    bytes content;
    std::vector<sequence> newest;  // of each sector, the record that it is of; 0: none
  };
  std::vector<image> all_;
};

}  // namespace cairn

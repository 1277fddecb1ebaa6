// One file of a virtual disk: what a reader sees now, and what a loss of power may leave of it.
//
// The page cache is `now_`. Of each 4 KiB block that was written since the last sync, the content
// that was synced is kept; a power cut takes that, the new one, or a mix of their 512-byte sectors.
// So an unsynced block never harms bytes outside of itself. With harsh_tears a torn block may lose
// what was synced in it, too: a journal must not need such mercy from a disk.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/random.h"

namespace cairn {

// Locks and shared memory that the SQLite connections of one process have on a file. They die with
// the process: a kill gives the file a fresh one, and old handles keep theirs.
struct sqlite_sharing {
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  std::vector<std::unique_ptr<bytes>> regions;  // of shared memory
  int shm_shared[8] = {};
  const void* shm_exclusive[8] = {};
};

class virtual_node {
 public:
  static constexpr std::uint64_t block_bytes = 4096;
  static constexpr std::uint64_t sector_bytes = 512;

  std::uint64_t size() const { return now_.size(); }
  bool within(byte_range range) const { return range.within(now_.size()); }
  byte_view view(byte_range range) const {
    return byte_view(now_).subspan(range.offset, range.length);
  }

  void write(byte_view what, std::uint64_t offset);
  void resize(std::uint64_t size);
  void sync();
  void flip_bit(std::uint64_t offset, unsigned bit);  // on the platter: in what is synced, too
  void power_cut(random_source& random);

  bool name_synced = false;  // its directory entry survives a loss of power
  bool harsh_tears = false;  // of segments; SQLite and volumes rely on whole sectors
  bool locked = false;       // by an open handle with a lock
  std::shared_ptr<sqlite_sharing> sharing = std::make_shared<sqlite_sharing>();

 private:
  void remember(byte_range range);

  bytes now_;
  std::map<std::uint64_t, bytes> synced_blocks_;  // of blocks that were changed since the last sync
  std::uint64_t synced_size_ = 0;
};

}  // namespace cairn

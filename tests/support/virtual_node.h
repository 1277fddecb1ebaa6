// One file of a virtual disk: what a reader sees now, and what a loss of power may leave of it.
//
// The page cache is `now_`. Of each 4 KiB block that was written since the last sync, the content
// that was synced is kept; a power cut takes that, the new one, or a torn mix of their 512-byte
// sectors. A sync that failed leaves blocks that are in the page cache only and that no later sync
// writes. So an unsynced block never harms bytes outside of itself. What `tearing` says of a torn
// block comes on top.
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

enum class tearing {
  mixes,           // each sector is the old or the new one: what SQLite relies on
  spoils_written,  // a sector that was written may hold anything, the others keep what they had
  spoils_blocks,   // any sector of the block may, also those that were synced: what a journal faces
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
  // As on Linux: what was dirty counts as clean, although the disk does not have it.
  void fail_sync();
  // Clean blocks that the range touches become what the disk has.
  void forget_cached(byte_range range);
  void flip_bit(std::uint64_t offset, unsigned bit);  // on the platter: in what is synced, too
  void power_cut(random_source& random);

  tearing tears = tearing::mixes;
  bool name_synced = false;  // its directory entry survives a loss of power
  bool locked = false;       // by an open handle with a lock
  std::shared_ptr<sqlite_sharing> sharing = std::make_shared<sqlite_sharing>();

 private:
  struct dirty_block {
    bytes synced;
    std::uint8_t written = 0;  // a bit for each sector, since the last sync
  };
  void remember(byte_range range);
  dirty_block first_touched(std::uint64_t block);
  void lose(std::uint64_t block, const dirty_block& was, std::uint64_t mood, random_source& random);

  bytes now_;
  std::map<std::uint64_t, dirty_block> dirty_;
  std::map<std::uint64_t, bytes> unwritten_;  // what the disk has of blocks whose sync failed
  std::uint64_t synced_size_ = 0;
};

}  // namespace cairn

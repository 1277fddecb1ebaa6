// One client's connection to one export. nbdkit makes it in `open` and calls it from up to 16
// threads at once until `close`; all it holds is set when it is made.
//
// nbdkit has checked that ranges lie in the volume and that a read-only export is not written;
// that ranges are whole sectors is checked here, since `block_size` is only advertised.
#pragma once
#include <cstdint>
#include <vector>

#include "gateway/gateway.h"

namespace cairn {

inline constexpr std::uint64_t sector_bytes = 512;
inline constexpr std::uint32_t preferred_block_bytes = 4096;
inline constexpr std::uint32_t request_bytes_max = 32U << 20;
// Of all extents of one answer together. nbdkit 1.32 aborts on an answer that covers 4 GiB
// (CVE-2025-47711), and it merges equal neighbours before it looks.
inline constexpr std::uint64_t extents_bytes_max = 1ULL << 30;
inline constexpr std::size_t extents_max = 4096;

class connection {
 public:
  explicit connection(const exported_volume& volume)
      : volume_(volume),
        size_bytes_(volume.facts().size_bytes),
        writable_(volume.facts().writable) {}

  std::uint64_t size_bytes() const { return size_bytes_; }
  bool writable() const { return writable_; }  // when it was made
  std::string description() const;
  journal_room room() const { return volume_.owner->room(); }

  std::chrono::microseconds write_delay(std::uint64_t write_bytes) const {
    return volume_.owner->write_delay(write_bytes);
  }

  result<void> read(byte_span out, std::uint64_t offset);
  result<void> write(byte_view data, std::uint64_t offset, bool fua);
  result<void> clear(record_kind kind, byte_range range, bool fua);
  result<void> flush();
  // Of the front of the range, extents_bytes_max and extents_max at most. It may begin or end
  // inside a sector: clients ask for 2^32 - 1 bytes.
  result<std::vector<extent>> extents(byte_range range);

 private:
  result<void> check(const char* what, byte_range range) const;

  const exported_volume volume_;
  const std::uint64_t size_bytes_;
  const bool writable_;
};

// What the log and `nbdinfo --list` say about an export.
std::string describe(const exported_volume& volume);

}  // namespace cairn

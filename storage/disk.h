// Files as the journal, the volumes and the databases see them: the seam at which tests put a disk
// that loses and tears what was not synced. storage/posix_disk.h is the real one.
//
// All functions are thread-safe unless the caller breaks this: a file is closed (destroyed) only
// when no call on it is under way. Errors carry the errno and name operation, path and offset.
#pragma once
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/bytes.h"
#include "base/result.h"

namespace cairn {

// The bytes from some offset up to `end` are alike: a hole, which reads as zeroes and takes no
// space, or data.
struct file_stretch {
  std::uint64_t end = 0;
  bool hole = false;
};

class file {
 public:
  virtual ~file() = default;

  // Reads exactly out.size() bytes at `offset`; past the end of the file is an error (EIO).
  virtual result<void> read(byte_span out, std::uint64_t offset) const = 0;
  // The same, but only if no disk has to be waited for: false where it would, and nothing was read.
  virtual bool read_cached(byte_span out, std::uint64_t offset) const {
    (void)out, (void)offset;
    return false;
  }
  // Writes all parts, one behind the other, at `offset`, with ONE pwritev unless the kernel writes
  // short. When it returns the bytes survive kill -9 of the process, not loss of power.
  virtual result<void> write(std::span<const iovec> parts, std::uint64_t offset) = 0;
  // fdatasync. An error is final (I9): the caller must not call it again and hope.
  virtual result<void> sync() = 0;
  // Size in bytes; of a block device, its capacity.
  virtual result<std::uint64_t> size() const = 0;
  virtual result<void> resize(std::uint64_t size) = 0;
  // Makes a new file `size` bytes long, its space allocated, reading as zeroes. Where the file
  // system can't promise space without writing, zeroes are written.
  virtual result<void> allocate(std::uint64_t size);
  // Makes the range read as zeroes and frees its space where the file can (`deallocate`), or keeps
  // it allocated. Works on block devices, too. Falls back to writing zeroes.
  virtual result<void> make_zero(byte_range range, bool deallocate) = 0;
  // Asks for the pages of the range to be read in; never fails.
  virtual void read_ahead(byte_range range) const = 0;
  // Drops the pages of the range that are in memory and clean, so that the next read tells what the
  // disk has. After a failed fsync Linux keeps what it could not write as if it were written, and a
  // later process would read that, sync it in vain and call it durable (I9). Dirty pages stay.
  virtual void forget_cached(byte_range range) const { (void)range; }
  // What lies at `offset`, up to `limit` at most; a file that can't tell says data.
  virtual file_stretch stretch_at(std::uint64_t offset, std::uint64_t limit) const {
    (void)offset;
    return {limit, false};
  }
  // Bytes from the beginning of the file up to the first that has space allocated but was never
  // written; the size where a file can't tell. Writes that were not synced may not count.
  virtual std::uint64_t written_bytes() const { return size().value_or(0); }
  virtual const std::string& path() const = 0;

  // Zeroes as data, whatever the file could do instead.
  result<void> write_zeroes(byte_range range);
  result<void> write(byte_view part, std::uint64_t offset) {
    const iovec one{const_cast<std::byte*>(part.data()), part.size()};
    return write(std::span(&one, 1), offset);
  }
};

enum class open_mode {
  existing,    // fails with ENOENT where it is missing
  create,      // makes it when it is missing
  create_new,  // fails with EEXIST
  read_only,
};

class disk {
 public:
  virtual ~disk() = default;

  // `lock`: takes an exclusive lock (OFD or flock) for this opening; waits up to lock_wait_ms for
  // another owner to go (a process that was just killed), then fails with EBUSY naming the path.
  virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode,
                                             bool lock = false, int lock_wait_ms = 0) = 0;
  // With parents, mode 0700; those that it makes survive a loss of power.
  virtual result<void> make_directory(const std::string& path) = 0;
  virtual result<void> sync_directory(const std::string& path) = 0;
  virtual result<std::vector<std::string>> list(const std::string& path) = 0;  // names, sorted
  virtual result<void> remove(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  // Name of the SQLite VFS that reaches this disk; nullptr: SQLite's default.
  virtual const char* sqlite_vfs() const = 0;
};

// The directory that has the name `path` in it, for sync_directory().
std::string directory_of(const std::string& path);

}  // namespace cairn

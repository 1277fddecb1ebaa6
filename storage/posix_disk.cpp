#include "storage/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/heartbeat.h"

namespace cairn {
namespace {

// A descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Drops `done` bytes from the front of the parts.
void advance(std::vector<iovec>& parts, std::size_t& first, std::size_t done) {
  while (first < parts.size() && done >= parts[first].iov_len) done -= parts[first++].iov_len;
  if (done == 0) return;
  parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + done;
  parts[first].iov_len -= done;
}

class posix_file final : public file {
 public:
  posix_file(descriptor fd, std::string path, bool block_device)
      : fd_(std::move(fd)), path_(std::move(path)), block_device_(block_device) {}

  result<void> read(byte_span out, std::uint64_t offset) const override {
    const at_disk waits;
    while (!out.empty()) {
      const auto n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno(errno, said("pread", offset));
      if (n == 0) return fail(EIO, said("pread", offset) + ": the file ends before");
      out = out.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  bool read_cached(byte_span out, std::uint64_t offset) const override {
    const iovec one{out.data(), out.size()};
    const auto n = ::preadv2(fd_.get(), &one, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    return n == static_cast<ssize_t>(out.size());
  }

  using file::write;
  result<void> write(std::span<const iovec> parts, std::uint64_t offset) override {
    constexpr std::size_t parts_max = 1024;  // IOV_MAX
    if (parts.size() > parts_max) {
      CAIRN_TRY(write(parts.first(parts_max), offset));
      for (const auto& part : parts.first(parts_max)) offset += part.iov_len;
      return write(parts.subspan(parts_max), offset);
    }
    const auto n = write_once(parts, offset);
    if (n < 0 && errno != EINTR) return fail_errno(errno, said("pwritev", offset));
    std::size_t wanted = 0;
    for (const auto& part : parts) wanted += part.iov_len;
    const auto done = n < 0 ? 0 : static_cast<std::size_t>(n);
    return done == wanted ? result<void>{} : write_rest(parts, offset, done);
  }

  result<void> sync() override {
    const at_disk waits;
    if (::fdatasync(fd_.get()) != 0)
      return fail_errno(errno, "fdatasync " + path_, error_class::final);
    return {};
  }

  result<std::uint64_t> size() const override {
    std::uint64_t bytes = 0;
    struct stat st {};
    if (block_device_) {
      if (::ioctl(fd_.get(), BLKGETSIZE64, &bytes) != 0)
        return fail_errno(errno, "BLKGETSIZE64 " + path_);
      return bytes;
    }
    if (::fstat(fd_.get(), &st) != 0) return fail_errno(errno, "fstat " + path_);
    return static_cast<std::uint64_t>(st.st_size);
  }

  result<void> resize(std::uint64_t size) override {
    const at_disk waits;
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return fail_errno(errno, "ftruncate " + path_ + " to " + std::to_string(size));
    return {};
  }

  result<void> allocate(std::uint64_t size) override {
    const at_disk waits;
    if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS) return file::allocate(size);
    return fail_errno(errno, "fallocate " + path_ + " to " + std::to_string(size));
  }

  result<void> make_zero(byte_range range, bool deallocate) override {
    const at_disk waits;
    if (range.empty()) return {};
    // FALLOC_FL_* work on block devices too, from Linux 4.9 on.
    const int mode =
        (deallocate ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) | FALLOC_FL_KEEP_SIZE;
    const auto offset = static_cast<off_t>(range.offset);
    if (::fallocate(fd_.get(), mode, offset, static_cast<off_t>(range.length)) == 0) return {};
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != EPERM)
      return fail_errno(errno, said("fallocate", range.offset));
    return write_zeroes(range);
  }

  void read_ahead(byte_range range) const override {
    ::posix_fadvise(fd_.get(), static_cast<off_t>(range.offset), static_cast<off_t>(range.length),
                    POSIX_FADV_WILLNEED);
  }

  void forget_cached(byte_range range) const override {
    // Whole pages only, so those at the ends of the range are added.
    constexpr std::uint64_t page_bytes = 4096;
    const auto from = range.offset / page_bytes * page_bytes;
    const auto to = align_up(range.end(), page_bytes);
    ::posix_fadvise(fd_.get(), static_cast<off_t>(from), static_cast<off_t>(to - from),
                    POSIX_FADV_DONTNEED);
  }

  file_stretch stretch_at(std::uint64_t offset, std::uint64_t limit) const override {
    const at_disk waits;
    const auto data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0) return {limit, !block_device_ && errno == ENXIO};
    if (static_cast<std::uint64_t>(data) > offset)
      return {std::min(limit, static_cast<std::uint64_t>(data)), true};
    const auto hole = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_HOLE);
    if (hole < 0) return {limit, false};
    return {std::min(limit, static_cast<std::uint64_t>(hole)), false};
  }

  // Not SEEK_HOLE: to that, what was only read and is in memory is data.
  std::uint64_t written_bytes() const override {
    const at_disk waits;
    constexpr std::uint32_t extents_at_once = 128;
    bytes buffer(sizeof(fiemap) + extents_at_once * sizeof(fiemap_extent));
    auto* map = reinterpret_cast<fiemap*>(buffer.data());
    for (std::uint64_t written = 0;;) {
      *map = {};
      map->fm_start = written;
      map->fm_length = FIEMAP_MAX_OFFSET - written;
      map->fm_extent_count = extents_at_once;
      if (::ioctl(fd_.get(), FS_IOC_FIEMAP, map) != 0) return size().value_or(0);
      for (const auto& e : std::span(map->fm_extents, map->fm_mapped_extents)) {
        if ((e.fe_flags & FIEMAP_EXTENT_UNWRITTEN) != 0 || e.fe_logical > written) return written;
        written = e.fe_logical + e.fe_length;
      }
      if (map->fm_mapped_extents < extents_at_once) return written;
    }
  }

  const std::string& path() const override { return path_; }

 private:
  std::string said(const char* what, std::uint64_t offset) const {
    return std::string(what) + " " + path_ + " at " + std::to_string(offset);
  }

  ssize_t write_once(std::span<const iovec> parts, std::uint64_t offset) {
    const at_disk waits;
    return ::pwritev(fd_.get(), parts.data(), static_cast<int>(parts.size()),
                     static_cast<off_t>(offset));
  }

  // The kernel wrote less than was asked for.
  result<void> write_rest(std::span<const iovec> parts, std::uint64_t offset, std::size_t done) {
    std::vector<iovec> left(parts.begin(), parts.end());
    std::size_t first = 0;
    offset += done;
    for (advance(left, first, done); first < left.size(); advance(left, first, done)) {
      const auto n = write_once(std::span(left).subspan(first), offset);
      if (n < 0 && errno == EINTR) {
        done = 0;
        continue;
      }
      if (n < 0) return fail_errno(errno, said("pwritev", offset));
      if (n == 0) return fail(EIO, said("pwritev", offset) + ": nothing was written");
      done = static_cast<std::size_t>(n);
      offset += done;
    }
    return {};
  }

  descriptor fd_;
  std::string path_;
  bool block_device_;
};

int flags_of(open_mode mode) {
  switch (mode) {
    case open_mode::existing:
      return O_RDWR;
    case open_mode::create:
      return O_RDWR | O_CREAT;
    case open_mode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
    case open_mode::read_only:
      return O_RDONLY;
  }
  return O_RDONLY;
}

// An open-file-description lock of the whole file: unlike a POSIX lock it is not lost when the
// process closes another descriptor of the same file, and unlike flock it works over NFS.
result<void> take_lock(int fd, const std::string& path, int wait_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  while (::fcntl(fd, F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return fail_errno(errno, "lock " + path);
    if (std::chrono::steady_clock::now() >= until)
      return fail(EBUSY, "lock " + path + ": another process holds it");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

class machine_disk final : public disk {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode, bool lock,
                                     int lock_wait_ms) override {
    const at_disk waits;
    descriptor fd(::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600));
    if (fd.get() < 0) return fail_errno(errno, "open " + path);
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0) return fail_errno(errno, "fstat " + path);
    if (S_ISDIR(st.st_mode)) return fail_errno(EISDIR, "open " + path);
    if (lock) CAIRN_TRY(take_lock(fd.get(), path, lock_wait_ms));
    return std::make_unique<posix_file>(std::move(fd), path, S_ISBLK(st.st_mode));
  }

  result<void> make_directory(const std::string& path) override {
    const at_disk waits;
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
      const auto part = path.substr(0, at);
      const bool made = ::mkdir(part.c_str(), 0700) == 0;
      if (!made && errno != EEXIST) return fail_errno(errno, "mkdir " + part);
      if (made) CAIRN_TRY(sync_directory(directory_of(part)));
      if (at == std::string::npos) break;
    }
    return is_directory(path) ? result<void>{} : fail_errno(ENOTDIR, "mkdir " + path);
  }

  result<void> sync_directory(const std::string& path) override {
    const at_disk waits;
    const descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return fail_errno(errno, "open " + path);
    if (::fsync(fd.get()) != 0) return fail_errno(errno, "fsync " + path, error_class::final);
    return {};
  }

  result<std::vector<std::string>> list(const std::string& path) override {
    const at_disk waits;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(path.c_str()), ::closedir);
    if (!open) return fail_errno(errno, "opendir " + path);
    std::vector<std::string> names;
    for (errno = 0; const dirent* entry = ::readdir(open.get()); errno = 0) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return fail_errno(errno, "readdir " + path);
    std::sort(names.begin(), names.end());
    return names;
  }

  result<void> remove(const std::string& path) override {
    const at_disk waits;
    if (::unlink(path.c_str()) != 0) return fail_errno(errno, "unlink " + path);
    return {};
  }

  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  const char* sqlite_vfs() const override { return nullptr; }

 private:
  static bool is_directory(const std::string& path) {
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
  }
};

}  // namespace

disk& posix_disk() {
  static machine_disk instance;
  return instance;
}

}  // namespace cairn

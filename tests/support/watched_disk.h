// A disk that tells of each record that is written into a segment, before it is written.
//
// At that moment the record has its sequence but no bytes: any other thread of the process, or any
// other process, may go on there. So they may where records are about to be synced. Everything
// passes through to the disk behind it.
#pragma once
#include <functional>

#include "storage/disk.h"

namespace cairn {

struct disk_watch {
  std::function<void(byte_view header, byte_view data)> record_begins;
  std::function<void()> record_failed;  // the process died in the write
  std::function<void()> sync_begins;    // of a segment to which a record was written last
};

class watched_disk final : public disk {
 public:
  explicit watched_disk(disk& inner) : inner_(inner) {}

  void watch(disk_watch w) { watch_ = std::move(w); }

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode, bool lock,
                                     int lock_wait_ms) override;
  result<void> make_directory(const std::string& path) override {
    return inner_.make_directory(path);
  }
  result<void> sync_directory(const std::string& path) override {
    return inner_.sync_directory(path);
  }
  result<std::vector<std::string>> list(const std::string& path) override {
    return inner_.list(path);
  }
  result<void> remove(const std::string& path) override { return inner_.remove(path); }
  bool exists(const std::string& path) override { return inner_.exists(path); }
  const char* sqlite_vfs() const override { return inner_.sqlite_vfs(); }

 private:
  class watched_file;

  disk& inner_;
  disk_watch watch_;
};

}  // namespace cairn

// A disk in memory that forgets: at a power cut each 4 KiB block that was not synced may be lost or
// torn. Files and SQLite databases (through a VFS of its own) live on the same disk, so that the
// real journal runs on it, thousands of losses a second.
//
// A process on it dies by kill() or power_cut(), or at a chosen operation (die_after). Handles of a
// dead process return EIO and change nothing; new ones can be opened after kill() or power_cut().
//
// Creation of a file survives a power cut once the file or its directory was synced; removal once
// the directory was. Thread-safe, except that kill() and power_cut() come from one thread and that
// the hook is called without any lock, so that it may use the disk.
//
// Not here: latency, permissions.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "storage/disk.h"
#include "tests/support/virtual_node.h"

struct sqlite3_vfs;

namespace cairn {

// Repeatable randomness (splitmix64).
class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  void fill(byte_span out) override;
  // Below `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return number() % bound; }

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

class virtual_disk final : public disk {
 public:
  virtual_disk();
  ~virtual_disk() override;

  // ---- what happens to the machine
  // The process dies; what it wrote is in the page cache and stays.
  void kill();
  // The machine dies; see virtual_node.
  void power_cut(random_source& random);
  // The process dies at the n-th operation from now (1: the next one) that changes something; a
  // write that it dies in may be there in part. From then on everything fails until kill() or
  // power_cut().
  void die_after(std::uint64_t operations);
  bool died() const;                 // reached the operation of die_after
  std::uint64_t operations() const;  // that changed something, so far

  // Called before a record is written to a segment: a write at or above 4096 of a path that has
  // "/segments/" in it. It may call into whatever is being tested.
  std::function<void(const std::string& path, std::uint64_t offset)> before_record_write;
  // Called before a file is removed; it may do the same.
  std::function<void(const std::string& path)> before_remove;
  // The next write of a file whose path contains `part` fails with `code` and does nothing.
  void fail_next_write(const std::string& part, int code);
  // The next sync fails, too; a later one succeeds, although it writes nothing of what this one
  // should have written.
  void fail_next_sync(const std::string& part, int code);
  void fail_next_read(const std::string& part, int code);
  void refuse_opens(bool refused);  // with EMFILE
  // How many of these the process of now has met, and the path of the last one.
  unsigned faults_met() const;
  std::string fault_path() const;
  // All files as they are; and these in place of what is there, while no process runs.
  struct file_copy {
    bytes content;
    tearing tears;
  };
  using backup = std::map<std::string, file_copy>;
  backup copy() const;
  void put_back(const backup& from);
  // The file system holds so many bytes and no more: a write that makes a file larger is done as
  // far as they go, and fails with ENOSPC.
  void limit_space(std::uint64_t bytes_max);
  std::uint64_t used_bytes() const;
  // From now on, each `every`-th sync of a file whose path contains `part` succeeds and does
  // nothing.
  void forget_syncs(const std::string& part, unsigned every);
  void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit = 0);
  std::optional<bytes> content(const std::string& path) const;
  void overwrite(const std::string& path, byte_view what, std::uint64_t offset);  // on the platter

  // ---- disk
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode, bool lock = false,
                                     int lock_wait_ms = 0) override;
  result<void> make_directory(const std::string& path) override;
  result<void> sync_directory(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& path) override;
  result<void> remove(const std::string& path) override;
  bool exists(const std::string& path) override;
  const char* sqlite_vfs() const override { return vfs_name_.c_str(); }

 private:
  friend class virtual_file;
  friend class virtual_vfs;
  using node_ptr = std::shared_ptr<virtual_node>;
  struct fault {
    std::string part;
    int code = 0;
  };
  // What of a write of `length` at `offset` the file system has room for.
  std::uint64_t room_locked(const virtual_node& to, std::uint64_t offset,
                            std::uint64_t length) const;
  std::uint64_t used_locked() const;
  struct forgotten_syncs {
    std::string part;
    unsigned every = 0;  // 0: none is forgotten
    std::uint64_t seen = 0;
  };

  // All _locked functions: mutex_ is held.
  bool alive_locked(std::uint64_t life) const { return life == life_ && !dead_; }
  // Counts one operation; false where the process dies in it.
  bool step_locked();
  bool refuses_open_locked(const std::string& path);
  int take_fault_locked(std::optional<fault>& from, const std::string& path);
  result<void> write_locked(const std::string& path, virtual_node& to, std::uint64_t life,
                            std::span<const iovec> parts, std::uint64_t offset);
  result<void> sync_locked(const std::string& path, virtual_node& of, std::uint64_t life);
  bool forgets_locked(const std::string& path);
  result<void> resize_locked(const std::string& path, virtual_node& of, std::uint64_t life,
                             std::uint64_t size);
  node_ptr find_locked(const std::string& path) const;
  void new_life_locked();

  mutable std::mutex mutex_;
  std::map<std::string, node_ptr> files_;
  std::map<std::string, node_ptr> removed_;  // their directory was not synced since
  std::map<std::string, bool> directories_;
  std::uint64_t life_ = 1;  // of the process; handles carry the one that they were opened in
  bool dead_ = false;
  std::uint64_t operations_ = 0;
  std::uint64_t dies_at_ = 0;  // 0: never
  std::optional<fault> write_fault_, sync_fault_, read_fault_;
  bool opens_refused_ = false;
  unsigned faults_met_ = 0;
  std::string fault_path_;
  std::uint64_t bytes_max_ = ~std::uint64_t{0};
  forgotten_syncs forgets_;
  std::string vfs_name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

// Makes and registers the VFS that reaches `on` (virtual_vfs.cpp).
std::unique_ptr<sqlite3_vfs> register_virtual_vfs(virtual_disk& on, const char* name);
void unregister_virtual_vfs(sqlite3_vfs& vfs);

}  // namespace cairn

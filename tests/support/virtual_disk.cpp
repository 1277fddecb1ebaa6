#include "tests/support/virtual_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <set>

namespace cairn {

void seeded_random::fill(byte_span out) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < out.size(); i += 8) {
    state_ += 0x9e3779b97f4a7c15;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    std::memcpy(out.data() + i, &z, std::min<std::size_t>(8, out.size() - i));
  }
}

class virtual_file final : public file {
 public:
  virtual_file(virtual_disk& on, std::string path, virtual_disk::node_ptr node, bool locks)
      : on_(on), path_(std::move(path)), node_(std::move(node)), life_(on.life_), locks_(locks) {}
  ~virtual_file() override {
    const std::lock_guard lock(on_.mutex_);
    if (locks_ && life_ == on_.life_) node_->locked = false;
  }

  result<void> read(byte_span out, std::uint64_t offset) const override {
    const std::lock_guard lock(on_.mutex_);
    if (!on_.alive_locked(life_)) return fail_errno(EIO, "pread " + path_);
    if (const int code = on_.take_fault_locked(on_.read_fault_, path_))
      return fail_errno(code, "pread " + path_);
    if (!node_->within({offset, out.size()}))
      return fail(EIO,
                  "pread " + path_ + " at " + std::to_string(offset) + ": the file ends before");
    const auto there = node_->view({offset, out.size()});
    std::copy(there.begin(), there.end(), out.begin());
    return {};
  }

  using file::write;
  result<void> write(std::span<const iovec> parts, std::uint64_t offset) override {
    if (on_.before_record_write && offset >= virtual_node::block_bytes &&
        path_.find("/segments/") != std::string::npos)
      on_.before_record_write(path_, offset);
    const std::lock_guard lock(on_.mutex_);
    return on_.write_locked(path_, *node_, life_, parts, offset);
  }

  result<void> sync() override {
    const std::lock_guard lock(on_.mutex_);
    return on_.sync_locked(path_, *node_, life_);
  }

  result<std::uint64_t> size() const override {
    const std::lock_guard lock(on_.mutex_);
    if (!on_.alive_locked(life_)) return fail_errno(EIO, "fstat " + path_);
    return node_->size();
  }

  result<void> resize(std::uint64_t size) override {
    const std::lock_guard lock(on_.mutex_);
    return on_.resize_locked(path_, *node_, life_, size);
  }

  result<void> make_zero(byte_range range, bool) override {
    const bytes zeroes(range.length);
    return write(byte_view(zeroes), range.offset);
  }

  void read_ahead(byte_range) const override {}
  void forget_cached(byte_range range) const override {
    const std::lock_guard lock(on_.mutex_);
    if (on_.alive_locked(life_)) node_->forget_cached(range);
  }
  const std::string& path() const override { return path_; }

 private:
  virtual_disk& on_;
  const std::string path_;
  const virtual_disk::node_ptr node_;
  const std::uint64_t life_;
  const bool locks_;
};

virtual_disk::virtual_disk() {
  static std::atomic<unsigned> made = 0;
  vfs_name_ = "cairn-virtual-" + std::to_string(++made);
  vfs_ = register_virtual_vfs(*this, vfs_name_.c_str());
}

virtual_disk::~virtual_disk() { unregister_virtual_vfs(*vfs_); }

void virtual_disk::new_life_locked() {
  ++life_;
  dead_ = false;
  dies_at_ = 0;
  write_fault_.reset();
  sync_fault_.reset();
  read_fault_.reset();
  faults_met_ = 0;
  fault_path_.clear();
  for (auto& [path, node] : files_) {
    node->locked = false;
    node->sharing = std::make_shared<sqlite_sharing>();
  }
}

void virtual_disk::kill() {
  const std::lock_guard lock(mutex_);
  new_life_locked();
}

void virtual_disk::power_cut(random_source& random) {
  const std::lock_guard lock(mutex_);
  for (auto& [path, node] : removed_)
    if (node->name_synced && !files_.contains(path) && random.number() % 2 == 0)
      files_.emplace(path, node);
  removed_.clear();
  std::erase_if(files_, [&](const auto& each) {
    return !each.second->name_synced && random.number() % 2 == 0;
  });
  for (auto& [path, node] : files_) node->power_cut(random);
  new_life_locked();
}

void virtual_disk::die_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  dies_at_ = operations_ + operations;
}

bool virtual_disk::died() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

std::uint64_t virtual_disk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

bool virtual_disk::step_locked() {
  ++operations_;
  if (dies_at_ != 0 && operations_ >= dies_at_) dead_ = true;
  return !dead_;
}

virtual_disk::backup virtual_disk::copy() const {
  const std::lock_guard lock(mutex_);
  backup out;
  for (const auto& [path, node] : files_) {
    const auto all = node->view({0, node->size()});
    out[path] = {bytes(all.begin(), all.end()), node->tears};
  }
  return out;
}

void virtual_disk::put_back(const backup& from) {
  const std::lock_guard lock(mutex_);
  files_.clear();
  removed_.clear();
  for (const auto& [path, was] : from) {
    auto node = std::make_shared<virtual_node>();
    node->tears = was.tears;
    node->write(was.content, 0);
    node->sync();
    files_.emplace(path, std::move(node));
  }
}

void virtual_disk::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  const std::lock_guard lock(mutex_);
  if (const auto node = find_locked(path)) node->flip_bit(offset, bit);
}

std::optional<bytes> virtual_disk::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto node = find_locked(path);
  if (!node) return std::nullopt;
  const auto all = node->view({0, node->size()});
  return bytes(all.begin(), all.end());
}

void virtual_disk::overwrite(const std::string& path, byte_view what, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (const auto node = find_locked(path)) {
    node->write(what, offset);
    node->sync();
  }
}

result<void> virtual_disk::write_locked(const std::string& path, virtual_node& to,
                                        std::uint64_t life, std::span<const iovec> parts,
                                        std::uint64_t offset) {
  const auto what = "pwritev " + path + " at " + std::to_string(offset);
  if (!alive_locked(life)) return fail_errno(EIO, what);
  if (const int code = take_fault_locked(write_fault_, path)) return fail_errno(code, what);
  bytes whole;
  for (const auto& part : parts) {
    const auto* p = static_cast<const std::byte*>(part.iov_base);
    whole.insert(whole.end(), p, p + part.iov_len);
  }
  if (step_locked()) {
    const auto room = room_locked(to, offset, whole.size());
    if (room > 0) to.write(byte_view(whole).first(room), offset);
    if (room == whole.size()) return {};
    ++faults_met_;
    fault_path_ = path;
    return fail_errno(ENOSPC, what);
  }
  // It dies in this write: some whole pages of it are done, depending on how far it was.
  const auto pages = whole.size() / virtual_node::block_bytes;
  if (pages > 0) {
    const auto done = operations_ % (pages + 1) * virtual_node::block_bytes;
    to.write(byte_view(whole).first(done), offset);
  }
  return fail_errno(EIO, what);
}

result<void> virtual_disk::sync_locked(const std::string& path, virtual_node& of,
                                       std::uint64_t life) {
  if (!alive_locked(life)) return fail_errno(EIO, "fdatasync " + path);
  if (const int code = take_fault_locked(sync_fault_, path)) {
    of.fail_sync();
    return fail_errno(code, "fdatasync " + path, error_class::final);
  }
  if (!step_locked()) return fail_errno(EIO, "fdatasync " + path);
  if (!forgets_locked(path)) of.sync();
  return {};
}

result<void> virtual_disk::resize_locked(const std::string& path, virtual_node& of,
                                         std::uint64_t life, std::uint64_t size) {
  if (!alive_locked(life) || !step_locked()) return fail_errno(EIO, "ftruncate " + path);
  of.resize(size);
  return {};
}

virtual_disk::node_ptr virtual_disk::find_locked(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second;
}

result<std::unique_ptr<file>> virtual_disk::open(const std::string& path, open_mode mode,
                                                 bool lock_it, int) {
  const std::lock_guard lock(mutex_);
  if (dead_) return fail_errno(EIO, "open " + path);
  if (refuses_open_locked(path)) return fail_errno(EMFILE, "open " + path);
  auto node = find_locked(path);
  if (node && mode == open_mode::create_new) return fail_errno(EEXIST, "open " + path);
  if (!node && (mode == open_mode::existing || mode == open_mode::read_only))
    return fail_errno(ENOENT, "open " + path);
  if (!node) {
    if (!step_locked()) return fail_errno(EIO, "open " + path);
    node = files_.emplace(path, std::make_shared<virtual_node>()).first->second;
    node->tears = path.find("/segments/") != std::string::npos ? tearing::spoils_blocks
                                                               : tearing::spoils_written;
  }
  if (lock_it && node->locked) return fail(EBUSY, "lock " + path + ": another process holds it");
  if (lock_it) node->locked = true;
  return std::make_unique<virtual_file>(*this, path, node, lock_it);
}

result<void> virtual_disk::make_directory(const std::string& path) {
  // Directories are there for good once made: losing one is losing all that is in it.
  const std::lock_guard lock(mutex_);
  if (dead_) return fail_errno(EIO, "mkdir " + path);
  directories_[path] = true;
  return {};
}

result<void> virtual_disk::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_ || !step_locked()) return fail_errno(EIO, "fsync " + path);
  const auto inside = [&](const std::string& name) {
    return name.size() > path.size() && name.starts_with(path + "/") &&
           name.find('/', path.size() + 1) == std::string::npos;
  };
  for (auto& [name, node] : files_)
    if (inside(name)) node->name_synced = true;
  std::erase_if(removed_, [&](const auto& each) { return inside(each.first); });
  return {};
}

result<std::vector<std::string>> virtual_disk::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_) return fail_errno(EIO, "opendir " + path);
  std::set<std::string> names;
  for (const auto& [name, node] : files_)
    if (name.starts_with(path + "/"))
      names.insert(name.substr(path.size() + 1, name.find('/', path.size() + 1) - path.size() - 1));
  return std::vector<std::string>(names.begin(), names.end());
}

result<void> virtual_disk::remove(const std::string& path) {
  if (before_remove) before_remove(path);
  const std::lock_guard lock(mutex_);
  if (dead_) return fail_errno(EIO, "unlink " + path);
  const auto found = files_.find(path);
  if (found == files_.end()) return fail_errno(ENOENT, "unlink " + path);
  if (!step_locked()) return fail_errno(EIO, "unlink " + path);
  removed_[path] = found->second;
  files_.erase(found);
  return {};
}

bool virtual_disk::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return find_locked(path) != nullptr || directories_.contains(path);
}

}  // namespace cairn

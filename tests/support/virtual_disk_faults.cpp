// What a virtual disk refuses: faults that a test asks for, a full file system, descriptors.
#include <algorithm>

#include "tests/support/virtual_disk.h"

namespace cairn {

void virtual_disk::fail_next_write(const std::string& part, int code) {
  const std::lock_guard lock(mutex_);
  write_fault_ = fault{part, code};
}

void virtual_disk::fail_next_sync(const std::string& part, int code) {
  const std::lock_guard lock(mutex_);
  sync_fault_ = fault{part, code};
}

void virtual_disk::fail_next_read(const std::string& part, int code) {
  const std::lock_guard lock(mutex_);
  read_fault_ = fault{part, code};
}

void virtual_disk::refuse_opens(bool refused) {
  const std::lock_guard lock(mutex_);
  opens_refused_ = refused;
}

bool virtual_disk::refuses_open_locked(const std::string& path) {
  if (!opens_refused_) return false;
  ++faults_met_;
  fault_path_ = path;
  return true;
}

unsigned virtual_disk::faults_met() const {
  const std::lock_guard lock(mutex_);
  return faults_met_;
}

std::string virtual_disk::fault_path() const {
  const std::lock_guard lock(mutex_);
  return fault_path_;
}

void virtual_disk::limit_space(std::uint64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  bytes_max_ = bytes_max;
}

std::uint64_t virtual_disk::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_locked();
}

std::uint64_t virtual_disk::used_locked() const {
  std::uint64_t used = 0;
  for (const auto& [path, node] : files_) used += node->size();
  return used;
}

std::uint64_t virtual_disk::room_locked(const virtual_node& to, std::uint64_t offset,
                                        std::uint64_t length) const {
  if (bytes_max_ == ~std::uint64_t{0} || offset + length <= to.size()) return length;
  const auto used = used_locked();
  const auto end = to.size() + (used < bytes_max_ ? bytes_max_ - used : 0);
  return end > offset ? std::min(length, end - offset) : 0;
}

void virtual_disk::forget_syncs(const std::string& part, unsigned every) {
  const std::lock_guard lock(mutex_);
  forgets_ = forgotten_syncs{part, every};
}

bool virtual_disk::forgets_locked(const std::string& path) {
  if (forgets_.every == 0 || path.find(forgets_.part) == std::string::npos) return false;
  return ++forgets_.seen % forgets_.every == 0;
}

int virtual_disk::take_fault_locked(std::optional<fault>& from, const std::string& path) {
  if (!from || path.find(from->part) == std::string::npos) return 0;
  const int code = from->code;
  from.reset();
  ++faults_met_;
  fault_path_ = path;
  return code;
}

}  // namespace cairn

#include "gateway/iscsi/target.h"

namespace cairn::iscsi {

target::target(target_export what, reservation_rows& reservations,
               const std::atomic<bool>& stopping)
    : what_(std::move(what)),
      reservations_(reservations, what_.name),
      unit_(what_.volume, stopping) {}

std::uint64_t target::size_bytes() const {
  return facts().size_bytes / what_.block_bytes * what_.block_bytes;
}

void target::look_at_size() {
  const std::lock_guard lock(mutex_);
  if (device_) device_->resized(size_bytes());
}

result<scsi::device*> target::device() {
  const std::lock_guard lock(mutex_);
  if (device_) return device_.get();
  const auto f = facts();
  scsi::device_identity id;
  id.target_name = what_.name;
  id.naa = f.naa;
  id.serial = f.serial;
  id.volume = f.name;
  id.revision = "1.0";
  id.size_bytes = size_bytes();
  id.block_bytes = what_.block_bytes;
  auto made = scsi::device::open(id, reservations_);
  if (!made) return fail(made.error());
  device_ = std::move(*made);
  return device_.get();
}

target::connections target::join(const std::shared_ptr<connection>& c, const std::string& port) {
  const std::lock_guard lock(mutex_);
  connections before;
  for (const auto& each : places_) {
    auto there = each.port == port ? each.taken_by.lock() : nullptr;
    if (there && there != c) before.push_back(std::move(there));
  }
  places_.push_back({port, c});
  return before;
}

void target::leave(const connection& c) {
  const std::lock_guard lock(mutex_);
  std::erase_if(places_, [&](const place& each) {
    const auto there = each.taken_by.lock();
    return !there || there.get() == &c;
  });
}

target::connections target::joined(const connection* but) const {
  const std::lock_guard lock(mutex_);
  connections out;
  for (const auto& each : places_) {
    auto there = each.taken_by.lock();
    if (there && there.get() != but) out.push_back(std::move(there));
  }
  return out;
}

}  // namespace cairn::iscsi

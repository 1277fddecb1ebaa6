// What is known of a member's volumes: ids that a secondary adopts, sizes that grow.
#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "gateway/member/member_impl.h"

namespace cairn {

std::vector<volume_facts> member_impl::facts() const {
  std::vector<volume_facts> out;
  for (const auto& v : volumes_) {
    const auto i = v->identity();
    out.push_back({i.name, i.id, i.size_bytes, i.naa, i.serial, is_primary() && i.index != 0});
  }
  return out;
}

// The offers were judged (replication/receiver.h), and name each volume of this side.
result<void> member_impl::adopt_volumes(const std::vector<volume_offer>& offers) {
  const std::lock_guard lock(apply_mutex_);
  const std::lock_guard destages(destage_mutex_);
  std::vector<volume_identity> all;
  for (const auto& v : volumes_) {
    auto i = v->identity();
    const auto theirs = std::ranges::find(offers, i.name, &volume_offer::name);
    if (theirs == offers.end()) return fail(EINVAL, "the primary has no volume named " + i.name);
    i.index = theirs->index;
    i.id = theirs->id;
    i.naa = theirs->naa;
    i.serial = theirs->serial;
    all.push_back(std::move(i));
  }
  CAIRN_TRY(log_->save_volumes(all));
  for (std::size_t i = 0; i < all.size(); ++i) volumes_[i]->become(all[i]);
  return index_volumes();
}

// The backing file first: what the journal knows of a volume always has room there. A crash in
// between leaves a file that is larger than the volume, and the next start goes on from there.
result<bool> member_impl::grow(std::size_t volume, std::uint64_t size_bytes) {
  const std::lock_guard lock(apply_mutex_);
  const std::lock_guard destages(destage_mutex_);
  auto& v = *volumes_[volume];
  CAIRN_TRY(v.healthy());
  auto i = v.identity();
  const auto size = v.enlarge_backing(size_bytes);
  if (!size) return fail(size.error());
  if (*size < i.size_bytes) return fail(shrinks(i, *size));
  if (*size == i.size_bytes) return false;
  log_notice(grows(i, *size), log_event::volume_grew, subject(i.name));
  i.size_bytes = *size;
  CAIRN_TRY(log_->save_volumes({i}));
  v.become(i);
  return true;
}

}  // namespace cairn

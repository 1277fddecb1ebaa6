// Sizes of volumes that grow while they are used.
#include "base/log.h"
#include "gateway/member/member_impl.h"

namespace cairn {

// The backing file first: what the journal knows of a volume always has room there. A crash in
// between leaves a file that is larger than the volume, and the next start goes on from there.
result<bool> member_impl::grow(std::size_t volume, std::uint64_t size_bytes) {
  const std::lock_guard lock(core_.turn());
  const std::lock_guard destages(destages_.turn());
  auto& v = core_.at(volume);
  CAIRN_TRY(v.healthy());
  auto i = v.identity();
  const auto size = v.enlarge_backing(size_bytes);
  if (!size) return fail(size.error());
  if (*size < i.size_bytes) return fail(shrinks(i, *size));
  if (*size == i.size_bytes) return false;
  log_notice(grows(i, *size), log_event::volume_grew, core_.subject(i.name));
  i.size_bytes = *size;
  CAIRN_TRY(core_.log().save_volumes({i}));
  v.become(i);
  return true;
}

}  // namespace cairn

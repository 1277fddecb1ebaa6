#include "gateway/volume/lag_samples.h"

#include <algorithm>

namespace cairn {

void lag_samples::add(std::size_t v, volume_count more, sequence upto, time now) {
  if (samples_.empty() || now - samples_.back().taken >= std::chrono::milliseconds(50)) {
    samples_.push_back({now, newest_, counts_});
    if (samples_.size() > samples_max) thin();
  }
  counts_[v].bytes += more.bytes;
  counts_[v].records += more.records;
  newest_ = std::max(newest_, upto);
}

lag lag_samples::behind(sequence reached, time now) const {
  lag out;
  out.volumes.resize(counts_.size());
  if (reached >= newest_ || samples_.empty()) return out;
  // The last sample that holds nothing behind `reached`.
  auto it = std::upper_bound(samples_.begin(), samples_.end(), reached,
                             [](sequence s, const sample& x) { return s < x.before; });
  if (it != samples_.begin()) --it;
  out.oldest = std::chrono::duration_cast<std::chrono::milliseconds>(now - it->taken);
  for (std::size_t v = 0; v < counts_.size(); ++v) {
    out.volumes[v] = {counts_[v].bytes - it->counts[v].bytes,
                      counts_[v].records - it->counts[v].records};
    out.total.bytes += out.volumes[v].bytes;
    out.total.records += out.volumes[v].records;
  }
  return out;
}

void lag_samples::forget(sequence reached) {
  auto it = std::upper_bound(samples_.begin(), samples_.end(), reached,
                             [](sequence s, const sample& x) { return s < x.before; });
  if (it == samples_.begin()) return;
  samples_.erase(samples_.begin(), std::prev(it));
}

void lag_samples::thin() {
  std::size_t kept = 1;  // the first stays where it is: moved onto itself it would lose its counts
  for (std::size_t i = 2; i < samples_.size(); i += 2) samples_[kept++] = std::move(samples_[i]);
  samples_.resize(kept);
}

}  // namespace cairn

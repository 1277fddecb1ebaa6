#include "base/hang_watch.h"

#include <algorithm>

namespace cairn {
namespace {

using late = std::optional<hang_watch::late_thread>;

void keep_latest(late& so_far, const thread_reading& t, hang_watch::milliseconds since) {
  if (!so_far || since > so_far->since) so_far = hang_watch::late_thread{t.name, since};
}

}  // namespace

// How long the thread has been as it is.
hang_watch::milliseconds hang_watch::standing(const thread_reading& t, time now, bool missed) {
  const auto [at, fresh] = known_.try_emplace(t.thread, known{t, now});
  known& k = at->second;
  const bool same = k.as_of.beats == t.beats && k.as_of.does == t.does && k.as_of.name == t.name;
  if (!same || missed) k = {t, now};
  return std::chrono::duration_cast<milliseconds>(now - k.since);
}

hang_watch::verdict hang_watch::look(const std::vector<thread_reading>& threads, time now) {
  const bool missed = looked_ && now - *looked_ > limit_ / 2;
  looked_ = now;
  std::erase_if(known_, [&](const auto& k) {
    return std::ranges::find(threads, k.first, &thread_reading::thread) == threads.end();
  });
  verdict v;
  for (const thread_reading& t : threads) {
    const auto since = standing(t, now, missed);
    if (t.does == thread_does::at_disk && since >= limit_ / 2) keep_latest(v.waits_long, t, since);
    if (t.does == thread_does::working && !t.name.empty() && since >= limit_)
      keep_latest(v.hangs, t, since);
  }
  if (v.waits_long) v.hangs.reset();
  return v;
}

}  // namespace cairn

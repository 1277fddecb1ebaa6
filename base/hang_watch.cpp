#include "base/hang_watch.h"

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

using late = std::optional<hang_watch::late_thread>;

void keep_latest(late& so_far, std::string name, hang_watch::milliseconds since) {
  if (!so_far || since > so_far->since) so_far = hang_watch::late_thread{std::move(name), since};
}

// The threads of which each waits for the turn of the next, and the last for that of `first`; empty
// where that does not lead back to it.
std::vector<thread_reading> circle(const std::vector<thread_reading>& all,
                                   const thread_reading& first) {
  std::vector<thread_reading> out{first};
  while (out.size() <= all.size()) {
    const auto next = out.back().waits_for;
    if (next == first.thread) return out;
    const auto found = std::ranges::find(all, next, &thread_reading::thread);
    if (found == all.end()) break;
    out.push_back(*found);
  }
  return {};
}

// "a, which waits for b, which waits for a,"
std::string name_of(const std::vector<thread_reading>& circle) {
  std::string out;
  for (const thread_reading& t : circle) out += t.name + ", which waits for ";
  return out + circle.front().name + ",";
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

// None of them has got on for so long.
hang_watch::milliseconds hang_watch::shortest_wait(const std::vector<thread_reading>& of,
                                                   time now) const {
  auto latest = known_.at(of.front().thread).since;
  for (const thread_reading& t : of) latest = std::max(latest, known_.at(t.thread).since);
  return std::chrono::duration_cast<milliseconds>(now - latest);
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
    if (t.does == thread_does::at_disk && since >= limit_ / 2)
      keep_latest(v.waits_long, t.name, since);
    if (t.does == thread_does::working && !t.name.empty() && since >= limit_)
      keep_latest(v.hangs, t.name, since);
  }
  for (const thread_reading& t : threads) {
    const auto waiting = circle(threads, t);
    if (waiting.empty()) continue;
    if (const auto since = shortest_wait(waiting, now); since >= limit_)
      keep_latest(v.hangs, name_of(waiting), since);
  }
  if (v.waits_long) v.hangs.reset();
  return v;
}

}  // namespace cairn

// A coordinator_api that tells what a test wrote into it, for the page and the server's tests.
//
// The test owns it and may change `now`, `told` and `operations` only while no server runs, or
// under `lock`.
#pragma once
#include <cerrno>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "coordinator/view.h"

namespace cairn {

class canned_coordinator : public coordinator_api {
 public:
  std::mutex lock;
  group_snapshot now;
  std::vector<marker_view> made;  // newest first
  std::vector<event_view> told;   // oldest first
  std::map<std::uint64_t, operation_view> operations;
  std::vector<std::string> asked;  // "marker NAME", "plan 7", "run newest"

  group_snapshot snapshot() override {
    const std::lock_guard hold(lock);
    return now;
  }
  std::vector<marker_view> markers(std::size_t limit) override {
    const std::lock_guard hold(lock);
    return {made.begin(), made.begin() + static_cast<std::ptrdiff_t>(std::min(limit, made.size()))};
  }
  result<std::uint64_t> marker_now(const std::string& name) override {
    if (!now.primary) return fail(ENOTSUP, "This coordinator makes no markers.");
    return begin("marker", "marker " + name);
  }
  result<std::uint64_t> plan_takeover(std::optional<marker_number> at) override {
    if (now.primary) return fail(ENOTSUP, "This coordinator can't take over.");
    return begin("takeover-plan", "plan " + text_of(at));
  }
  result<std::uint64_t> run_takeover(std::optional<marker_number> at) override {
    if (now.primary) return fail(ENOTSUP, "This coordinator can't take over.");
    return begin("takeover", "run " + text_of(at));
  }
  std::optional<operation_view> operation(std::uint64_t id) override {
    const std::lock_guard hold(lock);
    const auto at = operations.find(id);
    return at == operations.end() ? std::nullopt : std::optional(at->second);
  }
  std::vector<event_view> events(std::uint64_t after) override {
    const std::lock_guard hold(lock);
    std::vector<event_view> newer;
    for (const auto& e : told) {
      if (e.id > after) newer.push_back(e);
    }
    return newer;
  }

 private:
  static std::string text_of(std::optional<marker_number> at) {
    return at ? std::to_string(at->value) : "newest";
  }
  std::uint64_t begin(const std::string& kind, const std::string& ask) {
    const std::lock_guard hold(lock);
    asked.push_back(ask);
    const std::uint64_t id = operations.size() + 1;
    operations[id].id = id;
    operations[id].kind = kind;
    return id;
  }
};

}  // namespace cairn

// What a coordinator shows and what it can be asked to do: the seam between the coordinators and
// the page, the API and the commands.
//
// Plain values: copies, safe to keep. Every age is taken on the coordinator's own monotonic clock
// since it observed the event, in milliseconds; nullopt means "not known", never 0 and never green.
// Fields named `display_…` are wall-clock times for people; nothing is ordered by them.
//
// coordinator_api is thread-safe and no call waits for a network: what takes time is an operation,
// which is followed by its id. It may be called until the coordinator's stop() was called.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/result.h"
#include "replication/record.h"
#include "replication/status.h"

namespace cairn {

using age_ms = std::optional<std::uint64_t>;

struct marker_age {
  marker_id marker;  // 0: none
  age_ms age;        // since it was made (primary) or first seen here at any member (secondary)
};

struct member_view {
  std::string name;
  std::string control;  // address of its gateway
  bool connected = false;
  std::string because;  // why it is not connected, or what its gateway refused; empty: all well
  age_ms heard;         // since anything came from it
  age_ms read;          // since `status` was read; grey when it is above three poll intervals
  bool fresh = false;   // read within three poll intervals
  std::optional<member_status> status;  // the last one, however old
};

struct marker_view {
  marker_id marker;
  std::string name;  // given by the user who asked for it
  // "running", "sealed" (everywhere), "void", "unknown" (a member was lost before it told)
  std::string outcome;
  std::string reason;                // of a void
  std::int64_t display_unix_ms = 0;  // when it was made (primary) or seen common (secondary)
  std::uint64_t held_max_us = 0;     // longest hold of any member
  std::uint64_t round_us = 0;        // first MARK to last INSERTED
  bool stored = false;               // at every secondary, as far as this coordinator knows
  bool applied = false;
};

struct hold_bucket {
  std::uint64_t up_to_us = 0;  // inclusive; 0: no upper bound
  std::uint64_t count = 0;
};

struct round_counters {
  std::uint64_t begun = 0;
  std::uint64_t sealed = 0;
  std::uint64_t voided = 0;
  std::uint64_t unknown = 0;
  std::uint64_t skipped = 0;      // due, but a member had not been heard
  std::uint64_t interval_ms = 0;  // now; larger than configured while it backs off
  std::uint64_t last_round_us = 0;
  std::vector<hold_bucket> holds;  // how long acknowledgements were withheld, by member and round
};

// Orders as it gets worse.
enum class verdict_level { fine, warning, severe, unknown };
inline const char* name_of(verdict_level level) {
  switch (level) {
    case verdict_level::fine:
      return "fine";
    case verdict_level::warning:
      return "warning";
    case verdict_level::severe:
      return "severe";
    case verdict_level::unknown:
      return "unknown";
  }
  return "unknown";
}

struct held_back {
  std::string member;   // empty: the group as a whole
  std::string because;  // a sentence
  age_ms since;
};

struct group_snapshot {
  std::string coordinator;
  std::string group;
  bool primary = true;  // primary or secondary coordinator
  epoch current;        // 0: not all members were heard yet, so none was taken
  std::uint64_t up_ms = 0;
  std::uint64_t interval_ms = 0;
  std::uint64_t hold_limit_ms = 0;
  std::uint64_t rpo_target_ms = 0;
  std::uint64_t poll_ms = 0;  // how often member status is read

  // RPO now: age of the newest marker that is sealed and stored on every secondary. With
  // rpo_at_least no such marker was made since the coordinator started: the truth is older.
  age_ms rpo_now;
  bool rpo_at_least = false;
  verdict_level level = verdict_level::unknown;
  std::string verdict;               // one sentence
  std::optional<held_back> holding;  // who keeps the group's marker from advancing

  std::string state_trouble;  // why the coordinator's state can't be written; empty: it can
  bool state_failed = false;  // for good

  marker_age sealed;       // newest that is sealed at every member
  marker_age stored;       // newest that is sealed and stored at every secondary
  marker_age applied;      // newest that every secondary has applied (secondary coordinator only)
  age_ms oldest_unstored;  // oldest acknowledged write not yet at the other site; 0: caught up
  std::uint64_t behind_bytes = 0;  // sums over the members
  std::uint64_t behind_records = 0;

  std::string phase;  // of a secondary coordinator: "following", "applying", "taking over", …
  std::optional<marker_id> taken_over_at;
  std::string taken_over_lineage;

  round_counters rounds;  // primary coordinator only
  std::vector<member_view> members;
};

struct takeover_member {
  std::string name;
  sequence marker_at;                         // the marker record in its journal
  sequence stored;                            // newest record that it holds
  std::uint64_t beyond_records = 0;           // held behind the marker: they are set aside
  std::optional<std::uint64_t> beyond_bytes;  // known once the marker is applied
};

struct takeover_plan {
  marker_id at;
  std::string why;  // "newest common marker", "named", "interrupted takeover", …
  age_ms age;       // since this coordinator first saw the marker common
  bool age_at_least = false;
  std::vector<takeover_member> members;
  std::string lineage;  // that it opened; empty in a plan that was not run
};

enum class operation_state { running, done, failed };
inline const char* name_of(operation_state state) {
  switch (state) {
    case operation_state::running:
      return "running";
    case operation_state::done:
      return "done";
    case operation_state::failed:
      return "failed";
  }
  return "unknown";
}

// Why an operation failed, for exit codes.
enum class failure_kind { none, failed, not_found, refused, unreachable };

struct operation_view {
  std::uint64_t id = 0;
  std::string kind;  // "marker", "takeover", "takeover-plan"
  operation_state state = operation_state::running;
  failure_kind failure = failure_kind::none;
  std::string sentence;  // what it waits for, what it did, or why it failed
  std::uint64_t ran_ms = 0;
  std::optional<marker_view> marker;      // of "marker"
  std::optional<takeover_plan> takeover;  // of both takeovers
};

struct event_view {
  std::uint64_t id = 0;  // grows
  std::int64_t display_unix_ms = 0;
  std::string level;  // "notice", "warning", "error"
  std::string sentence;
};

class coordinator_api {
 public:
  virtual ~coordinator_api() = default;

  virtual group_snapshot snapshot() = 0;
  // Newest first, at most 1000.
  virtual std::vector<marker_view> markers(std::size_t limit) = 0;
  // A round as soon as one can begin; `name` may be empty. The operation ends when the outcome is
  // known at every member. Primary coordinator only (ENOTSUP).
  virtual result<std::uint64_t> marker_now(const std::string& name) = 0;
  // What a takeover would choose; changes nothing. Secondary coordinator only (ENOTSUP).
  virtual result<std::uint64_t> plan_takeover(std::optional<marker_number> at) = 0;
  // The caller has had the group's name confirmed. EBUSY: one is running already.
  virtual result<std::uint64_t> run_takeover(std::optional<marker_number> at) = 0;
  // The last hundred are remembered.
  virtual std::optional<operation_view> operation(std::uint64_t id) = 0;
  // Those with a greater id than `after`, oldest first, at most 1000.
  virtual std::vector<event_view> events(std::uint64_t after) = 0;
};

}  // namespace cairn

// What a coordinator keeps: a few kilobytes in one SQLite database, state.db in its state
// directory.
//
// Owned by the coordinator and called from its one thread, which must not wait: where somebody else
// has locked the database (a backup, sqlite3 by hand) a call fails with EBUSY after 10 ms. Numbers
// that the protocol rests on (the last marker, the selection) are synced before the call returns;
// markers' outcomes and events are for people and may be lost with the power (history.h). The
// directory is locked for its owner: two processes with one state would use the same epoch.
//
// `sqlite3 state.db 'select * from markers'` answers what was made when.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/view.h"
#include "replication/selection.h"
#include "storage/database.h"
#include "storage/disk.h"

namespace cairn {

class state_store {
 public:
  // Makes it where it is missing. Refuses the state of another group or role, by name, and that of
  // a newer Cairn (EPROTONOSUPPORT), and then has written nothing. Waits for
  // the lock of a predecessor that was just killed.
  static result<std::unique_ptr<state_store>> open(disk& on, const std::string& directory,
                                                   const std::string& group, bool primary,
                                                   int lock_wait_ms = 5'000);

  // ---- primary coordinator
  result<marker_id> last_marker();
  // The number is taken and the marker listed as "running"; durable.
  result<void> take_marker(marker_id marker, const std::string& name);
  result<void> end_marker(const marker_view& marker);

  // ---- secondary coordinator
  result<selection_state> selection();
  result<void> save(const selection_state& state);  // durable
  result<void> add_common(const std::vector<marker_id>& markers, std::int64_t display_unix_ms);

  // ---- for people
  result<std::vector<marker_view>> markers(std::size_t limit);  // newest first
  result<void> add_event(const std::string& level, const std::string& sentence,
                         std::int64_t display_unix_ms);
  result<std::vector<event_view>> events(std::uint64_t after, std::size_t limit);

 private:
  state_store(std::unique_ptr<file> lock, std::unique_ptr<database> db)
      : lock_(std::move(lock)), db_(std::move(db)) {}
  result<std::uint64_t> format();  // 0: the tables are not there yet
  result<void> make_tables(const std::string& group, bool primary);
  result<void> check_identity(const std::string& group, bool primary);
  result<void> forget_old();

  std::unique_ptr<file> lock_;
  std::unique_ptr<database> db_;
  std::uint64_t written_ = 0;  // rows since the last forget_old()
};

// Milliseconds since 1970, for display only.
std::int64_t display_now_ms();

}  // namespace cairn

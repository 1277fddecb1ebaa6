// What a gateway tells about one of its members, and what a coordinator adds to it. Ages are taken
// on the observer's own monotonic clock; nothing here is a difference of two hosts' clocks.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"
#include "replication/member_state.h"
#include "replication/record.h"

namespace cairn {

enum class link_state { connected, connecting, disconnected, refused };
const char* name_of(link_state state);

// A host that is logged in to a volume (iSCSI; nbdkit does not tell who its clients are).
struct host_session {
  std::string initiator;    // the name that it gave; a claim, unless the target wants CHAP
  std::string address;      // IP:PORT
  std::uint64_t tasks = 0;  // commands under way
  friend bool operator==(const host_session&, const host_session&) = default;
};

struct volume_status {
  std::string name;
  std::string id;  // uuid text
  std::uint64_t size_bytes = 0;
  std::uint64_t bytes_written = 0;  // since the start of the gateway, accepted
  std::uint64_t records_written = 0;
  // Not yet at the peer (primary) or not yet applied (secondary).
  std::uint64_t behind_bytes = 0;
  std::uint64_t behind_records = 0;
  std::string failed;  // the reason; empty: healthy
  // Where hosts reach it, as URIs; over iSCSI only while it can be written.
  std::vector<std::string> exports = {};
  std::string chap = {};  // that its iSCSI target wants: empty, "one-way", "mutual"
  std::vector<host_session> sessions = {};
  friend bool operator==(const volume_status&, const volume_status&) = default;
};

struct member_status {
  std::string group;
  std::string member;
  std::string gateway;
  std::string version;  // of the gateway; empty: one that does not tell
  std::string commit;   // that it was made from; empty: not known
  member_role role = member_role::secondary;
  std::string role_because;  // fenced_because or empty
  link_state link = link_state::connecting;
  std::string link_because;  // refused(reason), last error; empty when connected
  std::string copy;          // none, in-sync, lagging, diverged, failed(reason)
  std::string flow;          // streaming, catching-up, blocked(reason)
  std::string journal_failed;
  // Why nothing moves into the backing files: "destaging waits: …" for space, by itself;
  // "destaging stopped: …" until a restart. Empty: it goes on.
  std::string destage_trouble;
  incarnation current;
  std::string lineage;  // uuid text of the current one

  // Watermarks. Where one has no meaning for the role, it is 0.
  sequence assigned, finished, durable, destaged, backed, trimmed;
  sequence sent, received, stored;  // primary: as known of the peer; secondary: its own
  sequence applied;

  marker_id newest_inserted, newest_sealed, newest_stored, applied_marker;
  // Primary: age of the oldest acknowledged write that is not stored at the peer, milliseconds; 0
  // when caught up. Secondary: 0.
  std::uint64_t oldest_unstored_ms = 0;
  std::uint64_t behind_bytes = 0;  // finished but not stored at the peer / stored but not applied
  std::uint64_t behind_records = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t journal_bytes_max = 0;
  std::uint64_t hold_count = 0;  // markers that withheld, since start
  std::uint64_t hold_voided = 0;
  std::uint64_t hold_last_us = 0;
  std::uint64_t hold_max_us = 0;
  std::vector<volume_status> volumes;
  friend bool operator==(const member_status&, const member_status&) = default;
};

}  // namespace cairn

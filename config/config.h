// The configuration of a gateway and of a coordinator, checked: everything behind it may rely on
// it. Files are TOML; an error names file, line and column (docs/configuration.md).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "replication/member_state.h"

namespace cairn {

// "127.0.0.1:7330" or "[::1]:7330". Port 0 is allowed nowhere.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const;
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

struct chap_config {
  std::string user;
  std::string secret;  // out of its file; never shown
  friend bool operator==(const chap_config&, const chap_config&) = default;
};

struct iscsi_accounts {
  std::optional<chap_config> initiator;  // must prove that it knows this
  std::optional<chap_config> mutual;     // we prove this; only with `initiator`
  friend bool operator==(const iscsi_accounts&, const iscsi_accounts&) = default;
};

// What a volume is over iSCSI, with the defaults of [iscsi] where it says nothing.
struct iscsi_volume_config {
  std::string target;                   // iqn…, lower case, the same at both sites
  std::vector<std::string> initiators;  // lower case; empty: all
  iscsi_accounts accounts;
  std::uint32_t block_bytes = 512;  // or 4096; divides the volume's size
  friend bool operator==(const iscsi_volume_config&, const iscsi_volume_config&) = default;
};

struct iscsi_config {
  std::vector<endpoint> listen;          // one at least
  std::vector<endpoint> portals;         // that SendTargets tells: `listen`, if nothing else
  std::vector<std::string> digests;      // of CHAP: sha256, sha1, md5
  std::optional<chap_config> discovery;  // of discovery sessions
  friend bool operator==(const iscsi_config&, const iscsi_config&) = default;
};

struct volume_config {
  std::string name;
  std::string path;              // a file (made, sparse, when missing) or a block device
  std::uint64_t size_bytes = 0;  // a multiple of 512; 0: the size of the block device
  std::optional<iscsi_volume_config> iscsi = std::nullopt;  // with gateway_config::iscsi
  friend bool operator==(const volume_config&, const volume_config&) = default;
};

struct member_config {
  std::string group;
  std::string name;
  member_role role = member_role::primary;  // primary or secondary: at the first start
  std::string journal;                      // directory
  std::uint64_t journal_size_bytes = 16ULL << 30;
  std::uint64_t segment_bytes = 256ULL << 20;
  std::optional<endpoint> peer;  // primary: where the secondary gateway's link listens
  std::vector<volume_config> volumes;
  friend bool operator==(const member_config&, const member_config&) = default;
};

// Switches that only tests set, in [testing]; each is logged as a warning at the start.
struct testing_config {
  bool hold = true;       // false: acknowledgements are not withheld (the causal probe must notice)
  bool destage = true;    // false: records stay in the pending map (a benchmark reads through it)
  std::string hang = {};  // "destage" or "sync": that thread of each member stands still
  friend bool operator==(const testing_config&, const testing_config&) = default;
};

struct gateway_config {
  std::string file;  // where it was read from
  std::string name;
  std::string state_directory;  // /var/lib/cairn/NAME
  std::string log_level = "notice";
  std::optional<std::string> nbd_socket;  // Unix socket path
  std::optional<endpoint> nbd;            // TCP
  std::optional<iscsi_config> iscsi;
  endpoint control;
  std::optional<endpoint> link;  // where a secondary member listens; required with one
  bool insecure = false;         // non-loopback listeners are refused without it
  std::vector<member_config> members;
  testing_config testing;
  friend bool operator==(const gateway_config&, const gateway_config&) = default;
};

struct coordinator_member_config {
  std::string name;
  endpoint control;  // of its gateway at this coordinator's site
  friend bool operator==(const coordinator_member_config&,
                         const coordinator_member_config&) = default;
};

struct coordinator_config {
  std::string file;
  std::string name;
  std::string group;
  bool primary = true;  // primary or secondary coordinator
  std::string state_directory;
  std::string log_level = "notice";
  std::string command_socket;  // Unix, mode 0600
  endpoint http;
  bool insecure = false;
  std::chrono::milliseconds marker_interval{1000};  // 50 ms and up
  std::chrono::milliseconds hold_limit{50};         // at most a quarter of the interval
  std::chrono::milliseconds rpo_target{5000};
  std::vector<coordinator_member_config> members;
  // [testing] delay_mark = {member = "m2", by = "20ms"}
  std::optional<std::pair<std::string, std::chrono::milliseconds>> delay_mark;
  friend bool operator==(const coordinator_config&, const coordinator_config&) = default;
};

// Reads FILE and FILE's directory's conf.d/*.toml. Every error of the file is found in one go; the
// text has a line each: "FILE:LINE:COLUMN: sentence".
result<gateway_config> read_gateway_config(const std::string& file);
result<coordinator_config> read_coordinator_config(const std::string& file);

}  // namespace cairn

// Where initiators reach the volumes of a gateway: listeners, connections, targets (docs/iscsi.md).
//
// Threads: a few for the network, which append to the journal and read from memory, and a pool for
// what may wait for a disk. They exist from start() to stop().
//
// From outside: a cap on connections and on those that have not logged in, a deadline for the
// login. The members behind the volumes must outlive stop().
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/gateway.h"
#include "gateway/iscsi/driver/session_status.h"
#include "gateway/iscsi/login.h"

namespace cairn::iscsi {

struct export_options {
  target_rules rules;
  std::uint32_t block_bytes = 512;
  exported_volume volume;
};

struct server_options {
  std::vector<endpoint> listen;
  // "host:port" that SendTargets returns; none: where it listens (told_portals.h).
  std::vector<std::string> portals;
  std::vector<export_options> exports;
  authentication discovery;
  std::vector<chap_digest> digests;
  std::string state_directory;
};

class target_server {
 public:
  // Binds. The error names host and port. Port 0 takes a free one (tests).
  static result<std::unique_ptr<target_server>> open(disk& on, const server_options& options,
                                                     random_source& random);
  ~target_server();
  target_server(const target_server&) = delete;
  target_server& operator=(const target_server&) = delete;

  void start();
  void stop();           // ends every session; a second call does nothing
  void look_at_sizes();  // volumes may have grown: initiators are told (UNIT ATTENTION 2A/09)
  std::vector<std::uint16_t> ports() const;
  // Not older than half a second; never waits for a connection.
  std::vector<session_status> sessions() const;

 private:
  class impl;
  explicit target_server(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace cairn::iscsi

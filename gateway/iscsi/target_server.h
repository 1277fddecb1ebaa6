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
#include "gateway/front_end.h"
#include "gateway/gateway.h"
#include "iscsi/login.h"

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

class target_server : public front_end {
 public:
  // Binds. The error names host and port. Port 0 takes a free one (tests).
  static result<std::unique_ptr<target_server>> open(disk& on, const server_options& options,
                                                     random_source& random);
  ~target_server() override;
  target_server(const target_server&) = delete;
  target_server& operator=(const target_server&) = delete;

  void start() override;
  void stop() override;
  void look_at_sizes() override;  // initiators are told by a UNIT ATTENTION (2A/09)
  std::vector<volume_session> sessions() const override;  // not older than half a second
  std::vector<std::uint16_t> ports() const;

 private:
  class impl;
  explicit target_server(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace cairn::iscsi

// Reads [iscsi], and of each volume what it is called and who may use it over iSCSI. Secrets are
// read from their files here. Used on the stack while one file is read.
#pragma once
#include <string>
#include <vector>

#include "config/config.h"
#include "config/listener_rules.h"
#include "config/table_reader.h"
#include "config/used_once.h"

namespace cairn {

class iscsi_reader {
 public:
  // Before the volumes: it has their defaults.
  iscsi_config read(table_reader table, listener_rules& listeners);
  // What `volume` is exported as. Its size is known, but for that of a block device (0).
  iscsi_volume_config read_volume(table_reader& table, const std::string& group,
                                  const volume_config& volume);

 private:
  std::string target_name(table_reader& table, const std::string& group, const std::string& volume);

  std::string prefix_;
  std::vector<std::string> initiators_;  // of volumes that name none
  iscsi_accounts accounts_;              // of volumes that have none
  used_once targets_{"the target name"};
};

}  // namespace cairn

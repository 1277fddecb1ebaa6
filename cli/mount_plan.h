// How hosts reach a volume, as far as a coordinator's summary tells, and the commands for it.
// Pure: from the text of the summary to values.
#pragma once
#include <string>
#include <vector>

#include "cli/export_uri.h"

namespace cairn {

// Lines to copy into a shell; those that begin with # explain.
struct client_commands {
  std::string client;  // "open-iscsi"
  std::vector<std::string> lines;
};

struct mount_plan {
  std::string volume, member, gateway, role;
  bool writable = false;           // now
  std::vector<std::string> notes;  // sentences that must be read first
  std::string chap;                // empty, "one-way", "mutual"
  std::vector<export_uri> exports;
  std::vector<client_commands> clients;
};

struct mount_search {
  std::vector<mount_plan> found;     // several: members of one group with volumes of one name
  std::vector<std::string> others;   // the volumes that there are
  std::vector<std::string> unheard;  // members whose volumes are not known
};

// `summary`: the body of GET /api/v1/summary. Throws nlohmann::json::exception when it is not one.
mount_search find_mount(const std::string& summary, const std::string& volume);

// For the volume of this name; in the order in which people should try them.
std::vector<client_commands> commands_for(const std::string& volume,
                                          const std::vector<export_uri>& exports,
                                          const std::string& chap);

}  // namespace cairn

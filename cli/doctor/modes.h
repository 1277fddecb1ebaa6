// Who may read and change what: configuration, state, journals, backing files. Secrets are the
// configuration reader's: a file of theirs that others can read is an error of the configuration.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

struct mode_seen {
  std::string what;  // "the journal of m1"
  std::string path;
  mode_t mode = 0;
  uid_t owner = 0;
  bool directory = false;
};

// `runs_as`: who must own it; nullopt: not known, and not judged; nor is root, who needs not.
finding judge_mode(const mode_seen& s, std::optional<uid_t> runs_as);
// Its service can't go on with what root makes there, and root needs no file to be its own.
finding judge_root_by_hand(const std::string& who, pid_t pid, const std::string& service_user,
                           const std::vector<std::string>& directories, const std::string& start);
// Of a configuration file or its directory: others may read, but not write.
finding judge_config_mode(const mode_seen& s);

findings check_modes(const examination& seen);

}  // namespace cairn::doctor

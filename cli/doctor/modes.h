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

// `runs_as`: who must own it; nullopt: not known, and not judged.
finding judge_mode(const mode_seen& s, std::optional<uid_t> runs_as);
// Of a configuration file or its directory: others may read, but not write.
finding judge_config_mode(const mode_seen& s);

findings check_modes(const examination& seen);

}  // namespace cairn::doctor

// Each volume asked for as a host would ask, at every address where hosts may.
#pragma once
#include "cli/doctor/examination.h"
#include "cli/doctor/nbd_look.h"

namespace cairn::doctor {

struct volume_wanted {
  std::string name;
  std::uint64_t size_bytes = 0;  // 0: whatever it is
  bool writable = false;
};

// `how`: "over NBD at 127.0.0.1:10809"; `check`: "exports.nbd". Another size than the configured
// one is a finding of the check exports.size, whichever way it was seen.
finding judge_export(const std::string& check, const volume_wanted& wanted, const std::string& how,
                     const result<volume_seen>& seen);

// Of a volume that must not be exported: before a takeover.
finding judge_hidden(const std::string& volume, const std::string& target, const endpoint& portal,
                     const std::vector<std::string>& told);

findings check_exports(const examination& seen);

}  // namespace cairn::doctor

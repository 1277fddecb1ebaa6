#include "base/version.h"

#include "cairn_commit.h"  // made at each build

namespace cairn {

const char* version_number() { return CAIRN_VERSION; }

const char* version_commit() { return CAIRN_COMMIT; }

const std::string& version_text() {
  static const std::string text =
      *CAIRN_COMMIT == '\0' ? CAIRN_VERSION : CAIRN_VERSION " (" CAIRN_COMMIT ")";
  return text;
}

}  // namespace cairn

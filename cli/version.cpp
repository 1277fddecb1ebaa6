#include "cli/version.h"

namespace cairn {

const char* version_text() { return "cairn " CAIRN_VERSION; }

}  // namespace cairn

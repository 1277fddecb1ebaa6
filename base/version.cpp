#include "base/version.h"

#include <string_view>

#include "cairn_commit.h"  // made at each build

namespace cairn {
namespace {

// Whoever has the file can read the version out of it without running it, as packages do of what a
// server still has mapped (packaging/scriptlets/still-running.sh).
constexpr std::string_view mark = "cairn-version: ";
constexpr const char marked[] = "cairn-version: " CAIRN_VERSION " (" CAIRN_COMMIT ")";
const char* const volatile kept = marked;

}  // namespace

const char* version_number() { return CAIRN_VERSION; }

const char* version_commit() { return CAIRN_COMMIT; }

const std::string& version_text() {
  static const std::string text =
      *CAIRN_COMMIT == '\0' ? CAIRN_VERSION : std::string(kept).substr(mark.size());
  return text;
}

}  // namespace cairn

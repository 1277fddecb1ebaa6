// The version of this build, and the commit that it was made from (base/commit.cmake finds it). A
// library of its own, cairn_version: at each commit only what names the version is linked again.
#pragma once
#include <string>

namespace cairn {

const char* version_number();  // "0.1.0"
// 12 hex digits, "-dirty" behind them where the tree had changes of its own; "" where not known.
const char* version_commit();
const std::string& version_text();  // "0.1.0 (6a6d469b2f1c)", "0.1.0"

}  // namespace cairn

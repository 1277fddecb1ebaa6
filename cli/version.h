// The version of this build.
#pragma once

namespace cairn {

const char* version_text();  // "cairn 0.1.0"

}  // namespace cairn

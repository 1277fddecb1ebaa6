// Where the configurations of this machine's services are.
#pragma once
#include <string>
#include <vector>

namespace cairn {

inline constexpr const char* installed_directory = "/etc/cairn";

// KIND.toml and KIND-*.toml in `directory`, in the order of their names; none if it can't be read.
// `kind`: "gateway" or "coordinator".
std::vector<std::string> installed_files(const std::string& directory, const std::string& kind);

}  // namespace cairn

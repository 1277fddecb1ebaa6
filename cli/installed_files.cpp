#include "cli/installed_files.h"

#include <algorithm>
#include <filesystem>

namespace cairn {

std::vector<std::string> installed_files(const std::string& directory, const std::string& kind) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code failed;
  fs::directory_iterator each(directory, failed);
  for (; !failed && each != fs::directory_iterator(); each.increment(failed)) {
    const auto name = each->path().filename().string();
    const bool ours = name == kind + ".toml" || name.starts_with(kind + "-");
    if (ours && name.ends_with(".toml")) files.push_back(each->path().string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace cairn

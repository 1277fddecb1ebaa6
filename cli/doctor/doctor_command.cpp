#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/command.h"
#include "cli/doctor/examination.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && (no == nullptr || *no == '\0');
}

// KIND.toml and KIND-*.toml, in the order of their names.
std::vector<std::string> files_of(const std::string& directory, const std::string& kind) {
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

doctor::finding nothing_there(const std::string& directory) {
  return doctor::problem("configuration.file",
                         fmt::format("{} has no configuration of a gateway or coordinator that "
                                     "this user can see",
                                     directory),
                         "cairn config init writes one; --gateway FILE names another place");
}

}  // namespace

exit_code call_doctor(const common_options& common, const doctor_options& options) {
  auto gateways = options.gateways;
  auto coordinators = options.coordinators;
  if (gateways.empty() && coordinators.empty()) {
    gateways = files_of(options.directory, "gateway");
    coordinators = files_of(options.directory, "coordinator");
  }
  doctor::findings found;
  if (gateways.empty() && coordinators.empty()) {
    found.push_back(nothing_there(options.directory));
  } else {
    const auto seen = doctor::examine(gateways, coordinators, found);
    append(found, doctor::run_checks(seen));
  }
  const auto text = common.json ? doctor::findings_json(found)
                                : doctor::findings_text(found, doctor::titles(), wants_colour());
  std::fputs(text.c_str(), stdout);
  const bool wrong = count_of(found, doctor::level::problem) > 0;
  return wrong ? exit_code::failed : exit_code::done;
}

}  // namespace cairn

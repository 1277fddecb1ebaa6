#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli/colour.h"
#include "cli/command.h"
#include "cli/doctor/examination.h"
#include "cli/installed_files.h"

namespace cairn {
namespace {

doctor::finding nothing_there(const std::string& directory) {
  if (access(directory.c_str(), R_OK | X_OK) != 0 && errno == EACCES)
    return doctor::unseen("configuration.file", directory + " may not be looked into",
                          "run cairn doctor as root");
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
    gateways = installed_files(options.directory, "gateway");
    coordinators = installed_files(options.directory, "coordinator");
  }
  doctor::findings found;
  if (gateways.empty() && coordinators.empty()) {
    found.push_back(nothing_there(options.directory));
  } else {
    auto seen = doctor::examine(options.directory, gateways, coordinators, found);
    append(found, doctor::run_checks(seen));
  }
  const auto text = common.json ? doctor::findings_json(found)
                                : doctor::findings_text(found, doctor::titles(), wants_colour());
  std::fputs(text.c_str(), stdout);
  const bool wrong = count_of(found, doctor::level::problem) > 0;
  return wrong ? exit_code::failed : exit_code::done;
}

}  // namespace cairn

#include <fmt/format.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/mount_help_text.h"

namespace cairn {
namespace {

exit_code nothing_found(const std::string& volume, const mount_search& search) {
  complain(exit_code::not_found, search.others.empty()
                                     ? fmt::format("there is no volume \"{}\" here", volume)
                                     : fmt::format("there is no volume \"{}\" here; there are {}",
                                                   volume, fmt::join(search.others, ", ")));
  if (search.unheard.empty()) return exit_code::not_found;
  return complain(exit_code::unreachable,
                  fmt::format("but {} was never heard, so its volumes are not known",
                              fmt::join(search.unheard, ", ")));
}

}  // namespace

exit_code show_mount_help(const common_options& common, const std::string& volume) {
  const auto answer = unix_client(common.socket).get("/api/v1/summary");
  if (!answer) return unreachable(answer.error());
  if (answer->status != 200) return complain_problem(*answer);
  if (const auto why = schema_problem(answer->body, "cairn.summary/1"); !why.empty())
    return complain(exit_code::failed, why);
  const auto search = find_mount(answer->body, volume);
  if (search.found.empty()) return nothing_found(volume, search);
  const auto text = common.json ? mount_help_json(search.found) : mount_help_text(search.found);
  std::fputs(text.c_str(), stdout);
  return exit_code::done;
}

}  // namespace cairn

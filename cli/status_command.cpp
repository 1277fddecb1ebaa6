#include <unistd.h>

#include <cstdio>
#include <thread>

#include "cli/colour.h"
#include "cli/command.h"
#include "cli/status_text.h"

namespace cairn {
namespace {

constexpr std::chrono::seconds watch_interval{1};
constexpr const char* clear_screen = "\x1b[H\x1b[2J";

exit_code show_once(const common_options& common, const status_options& options) {
  const auto answer = unix_client(common.socket).get("/api/v1/summary");
  if (!answer) return unreachable(answer.error());
  if (answer->status != 200) return complain_problem(*answer);
  if (const auto why = schema_problem(answer->body, "cairn.summary/1"); !why.empty())
    return complain(exit_code::failed, why);
  const auto text =
      common.json ? status_json(answer->body) : status_text(answer->body, wants_colour());
  if (options.watch && isatty(STDOUT_FILENO) && !common.json) std::fputs(clear_screen, stdout);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  const bool degraded = status_level(answer->body) != "fine";
  return degraded && options.exit_degraded ? exit_code::degraded : exit_code::done;
}

}  // namespace

exit_code show_status(const common_options& common, const status_options& options) {
  if (!options.watch) return show_once(common, options);
  while (std::ferror(stdout) == 0) {  // until Ctrl-C, or until nobody reads any more
    show_once(common, options);
    std::this_thread::sleep_for(watch_interval);
  }
  return exit_code::done;
}

exit_code list_markers(const common_options& common, std::uint64_t limit) {
  const auto answer =
      unix_client(common.socket).get("/api/v1/markers?limit=" + std::to_string(limit));
  if (!answer) return unreachable(answer.error());
  if (answer->status != 200) return complain_problem(*answer);
  if (const auto why = schema_problem(answer->body, "cairn.markers/1"); !why.empty())
    return complain(exit_code::failed, why);
  std::fputs((common.json ? answer->body : markers_text(answer->body)).c_str(), stdout);
  return exit_code::done;
}

}  // namespace cairn

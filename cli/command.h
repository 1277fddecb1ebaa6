// What the commands share: what was asked for, and how they end.
//
// Data goes to stdout, messages to stderr. With --json stdout has exactly one document.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "cli/unix_client.h"

namespace cairn {

struct common_options {
  std::string socket = "/run/cairn/coordinator.sock";
  bool json = false;
  std::uint32_t timeout_s = 60;  // for operations to end
};

struct status_options {
  bool exit_degraded = false;  // -x
  bool watch = false;
};
struct takeover_options {
  std::string group;
  std::optional<std::uint64_t> at;
  bool dry_run = false;
  bool yes = false;
  std::string confirm;
};

exit_code show_status(const common_options& common, const status_options& options);
exit_code marker_now(const common_options& common, const std::string& name, bool wait);
exit_code list_markers(const common_options& common, std::uint64_t limit);
exit_code show_mount_help(const common_options& common, const std::string& volume);
exit_code take_over(const common_options& common, const takeover_options& options);

// Prints "cairn: SENTENCE" on stderr and returns `code`.
exit_code complain(exit_code code, const std::string& sentence);
exit_code unreachable(const error& why);
// An answer that is a problem (application/problem+json): its sentence and hint.
exit_code complain_problem(const http_response& answer);

}  // namespace cairn

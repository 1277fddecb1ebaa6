// What the commands share: what was asked for, and how they end.
//
// Data goes to stdout, messages to stderr. With --json stdout has exactly one document.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/unix_client.h"
#include "config/first_files.h"

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
struct marker_options {
  std::string name;
  bool wait = false;
  std::uint64_t limit = 20;
};
struct takeover_options {
  std::string group;
  std::optional<std::uint64_t> at;
  bool dry_run = false;
  bool yes = false;
  std::string confirm;
};
struct doctor_options {
  std::vector<std::string> gateways;  // configurations; none of either: all of `directory`
  std::vector<std::string> coordinators;
  std::string directory = "/etc/cairn";
};

// Of `config init`: role and volumes as they were written, the rest in `setup`.
struct first_options {
  std::string role;
  std::vector<std::string> volumes;
  first_setup setup;
};

exit_code show_status(const common_options& common, const status_options& options);
exit_code marker_now(const common_options& common, const std::string& name, bool wait);
exit_code list_markers(const common_options& common, std::uint64_t limit);
exit_code show_mount_help(const common_options& common, const std::string& volume);
exit_code take_over(const common_options& common, const takeover_options& options);
exit_code check_config_files(const common_options& common, const std::vector<std::string>& files);
// Without files: those in /etc/cairn.
exit_code show_config_files(const common_options& common, std::vector<std::string> files);
exit_code write_first_config(const common_options& common, first_options options);
exit_code call_doctor(const common_options& common, const doctor_options& options);

// Prints "cairn: SENTENCE" on stderr and returns `code`.
exit_code complain(exit_code code, const std::string& sentence);
exit_code unreachable(const error& why);
// An answer that is a problem (application/problem+json): its sentence and hint.
exit_code complain_problem(const http_response& answer);
// "" where the document is of the schema that is known here, "cairn.summary/1" for one; otherwise a
// sentence that names both.
std::string schema_problem(const std::string& document, const std::string& known);

}  // namespace cairn

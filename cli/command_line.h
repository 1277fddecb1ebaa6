// The words of the command: its subcommands with their options, and what each does. The manual
// pages and completions are made from it, too (packaging/docgen), so that they say what it takes.
//
// Used on one thread. Exit codes: cli/exit_code.h.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "config/first_files.h"

namespace cairn {

class command_line {
 public:
  command_line();
  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;

  // Parses and runs; the process's exit code.
  int run(int count, char** words);

  const CLI::App& app() const { return app_; }

 private:
  void add_common();
  void add_status();
  void add_marker();
  void add_mount_help();
  void add_takeover();
  void add_doctor();
  void add_config();
  void add_config_init(CLI::App& config);

  CLI::App app_;
  std::function<exit_code()> chosen_;
  common_options common_;
  status_options status_;
  marker_options marker_;
  std::string volume_;
  takeover_options takeover_;
  doctor_options doctor_;
  std::vector<std::string> files_;  // of config check and show
  first_options first_;
};

}  // namespace cairn

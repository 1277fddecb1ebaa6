// The effective values of a configuration and where each came from: `cairn config show`.
//
// What is told is what the programs read: the file is checked first, and defaults that depend on
// other values are those of the checked configuration. Secrets are in files of their own, so none
// is here.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace cairn {

struct setting {
  std::string key;
  std::string value;   // as a file writes it; empty: none
  std::string origin;  // "FILE:LINE:COLUMN", "default", or in words what holds without a value
};

struct settings_table {
  std::string heading;  // as a file writes it: [nbd], [[member.volume]]
  std::vector<setting> settings;
};

// Which program a file is for: the one whose own table it has.
enum class configured_program { gateway, coordinator };
result<configured_program> program_of(const std::string& file);

// As read_gateway_config() or read_coordinator_config(), whichever the file is for: every error in
// a line each.
result<void> check_config(const std::string& file);
result<std::vector<settings_table>> read_settings(const std::string& file);

// TOML that says the same as the file and its snippets, each line with its origin as a comment.
std::string settings_text(const std::vector<settings_table>& tables);

}  // namespace cairn

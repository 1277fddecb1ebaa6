// cairn config check and show: what the programs would say of their files, and what they take from
// them.
#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli/command.h"
#include "cli/installed_files.h"
#include "cli/json_fields.h"
#include "config/settings.h"

namespace cairn {
namespace {

std::vector<std::string> all_installed() {
  auto files = installed_files(installed_directory, "gateway");
  for (auto& each : installed_files(installed_directory, "coordinator"))
    files.push_back(std::move(each));
  return files;
}

json_value json_of(const std::string& file, const std::vector<settings_table>& tables) {
  json_value all = json_value::array();
  for (const auto& table : tables) {
    json_value settings = json_value::array();
    for (const auto& one : table.settings) {
      settings.push_back({{"key", one.key},
                          {"value", one.value.empty() ? json_value() : json_value(one.value)},
                          {"origin", one.origin}});
    }
    all.push_back({{"table", table.heading}, {"settings", std::move(settings)}});
  }
  return {{"file", file}, {"tables", std::move(all)}};
}

}  // namespace

exit_code check_config_files(const common_options& common, const std::vector<std::string>& files) {
  auto code = exit_code::done;
  json_value all = json_value::array();
  for (const auto& file : files) {
    const auto good = check_config(file);
    if (!good) code = exit_code::failed;
    all.push_back({{"file", file},
                   {"good", good.has_value()},
                   {"errors", good ? json_value() : json_value(good.error().text)}});
    if (!common.json && good) fmt::print("{}: good\n", file);
    if (!common.json && !good) fmt::print(stderr, "{}\n", good.error().text);
  }
  if (common.json)
    fmt::print("{}\n", json_value{{"schema", "cairn.config-check/1"}, {"files", all}}.dump(2));
  return code;
}

exit_code show_config_files(const common_options& common, std::vector<std::string> files) {
  if (files.empty()) {
    if (access(installed_directory, R_OK | X_OK) != 0 && errno == EACCES)
      return complain(exit_code::failed, fmt::format("{}: Permission denied; root and the group "
                                                     "cairn may look there",
                                                     installed_directory));
    files = all_installed();
  }
  if (files.empty()) {
    return complain(exit_code::not_found,
                    fmt::format("there is no configuration in {}; name a file, or make one with "
                                "`cairn config init`",
                                installed_directory));
  }
  json_value all = json_value::array();
  for (const auto& file : files) {
    const auto tables = read_settings(file);
    if (!tables) return complain(exit_code::failed, tables.error().text);
    if (common.json)
      all.push_back(json_of(file, *tables));
    else
      fmt::print("{}# {}\n\n{}", file == files.front() ? "" : "\n", file, settings_text(*tables));
  }
  if (common.json)
    fmt::print("{}\n", json_value{{"schema", "cairn.config/1"}, {"files", all}}.dump(2));
  return exit_code::done;
}

}  // namespace cairn

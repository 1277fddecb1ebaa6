// Reads the configuration of a coordinator.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "config/config.h"
#include "config/listener_rules.h"
#include "config/table_reader.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds interval_min{50};

struct coordinator_reader {
  coordinator_config config;
  problem_list problems;
  listener_rules listeners;

  void read(const toml_value& root);
  void read_coordinator(table_reader table);
  void read_http(table_reader table);
  void read_markers(table_reader table);
  void read_member(table_reader table);
  void read_testing(table_reader table);
  void read_delay(table_reader table);
  bool knows_member(const std::string& name) const;
};

bool coordinator_reader::knows_member(const std::string& name) const {
  return std::ranges::any_of(config.members, [&](const auto& m) { return m.name == name; });
}

void coordinator_reader::read_coordinator(table_reader table) {
  config.name = table.name("name").value_or("");
  config.group = table.name("group").value_or("");
  config.primary = table.choice("role") != "secondary";
  config.state_directory = table.absolute_path("state").value_or("");
  config.command_socket = table.socket_path("socket").value_or("");
  config.log_level = table.choice("log").value_or(config.log_level);
  config.insecure = table.boolean("insecure").value_or(false);
  listeners.insecure = config.insecure;
}

void coordinator_reader::read_http(table_reader table) {
  config.http = listeners.listener(table, "listen").value_or(endpoint{});
}

void coordinator_reader::read_markers(table_reader table) {
  config.marker_interval = table.duration("interval").value_or(config.marker_interval);
  const auto hold_max = config.marker_interval / 4;
  config.hold_limit = table.duration("hold_limit").value_or(std::min(config.hold_limit, hold_max));
  config.rpo_target = table.duration("rpo_target").value_or(config.rpo_target);
  if (config.marker_interval < interval_min) {
    table.wrong("interval", "the marker interval must be at least 50ms");
  } else if (config.hold_limit > hold_max) {
    table.wrong("hold_limit",
                fmt::format("the hold limit of {}ms is more than a quarter of the marker interval "
                            "of {}ms",
                            config.hold_limit.count(), config.marker_interval.count()));
  }
}

void coordinator_reader::read_member(table_reader table) {
  coordinator_member_config member;
  member.name = table.name("name").value_or("");
  member.control = listeners.peer(table, "control").value_or(endpoint{});
  if (knows_member(member.name)) {
    table.wrong("name", fmt::format("the member `{}` is already listed", member.name));
  }
  config.members.push_back(std::move(member));
}

void coordinator_reader::read_delay(table_reader table) {
  const auto member = table.string("member");
  const auto by = table.duration("by");
  if (member && !knows_member(*member)) {
    table.wrong("member", fmt::format("there is no member `{}`", *member));
  }
  if (member && by) config.delay_mark.emplace(*member, *by);
}

void coordinator_reader::read_testing(table_reader table) {
  if (auto delay = table.table("delay_mark"); table.has("delay_mark")) read_delay(delay);
}

void coordinator_reader::read(const toml_value& root) {
  table_reader table(root, coordinator_keys(), problems);
  if (auto own = table.table("coordinator"); table.has("coordinator")) read_coordinator(own);
  if (auto http = table.table("http"); table.has("http")) read_http(http);
  read_markers(table.table("markers"));
  for (auto& member : table.tables("member")) read_member(member);
  read_testing(table.table("testing"));
}

}  // namespace

result<coordinator_config> read_coordinator_config(const std::string& file) {
  coordinator_reader reader;
  reader.config.file = file;
  const auto root = read_merged_toml(file, "gateway", reader.problems);
  if (reader.problems.empty()) reader.read(root);
  if (!reader.problems.empty()) return fail(EINVAL, reader.problems.text());
  return std::move(reader.config);
}

}  // namespace cairn

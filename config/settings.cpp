#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "config/config.h"
#include "config/key_table.h"
#include "config/toml_tree.h"

namespace cairn {
namespace {

// Values that no single key tells, as a file writes them, by their place: "markers.hold_limit",
// "member.0.volume.1.iscsi.name".
using computed_values = std::map<std::string, std::string>;

computed_values computed(const coordinator_config& config) {
  return {{"markers.hold_limit", quoted_toml(fmt::format("{}ms", config.hold_limit.count()))}};
}

computed_values computed(const gateway_config& config) {
  computed_values out;
  if (!config.iscsi) return out;
  std::vector<std::string> portals;
  for (const auto& each : config.iscsi->portals) portals.push_back(quoted_toml(each.text()));
  out["iscsi.portals"] = fmt::format("[{}]", fmt::join(portals, ", "));
  for (std::size_t m = 0; m < config.members.size(); ++m) {
    const auto& volumes = config.members[m].volumes;
    for (std::size_t v = 0; v < volumes.size(); ++v) {
      if (const auto& iscsi = volumes[v].iscsi) {
        out[fmt::format("member.{}.volume.{}.iscsi.name", m, v)] = quoted_toml(iscsi->target);
      }
    }
  }
  return out;
}

struct settings_walk {
  const toml_value& root;
  const computed_values& values;
  std::vector<settings_table> out = {};

  // The tables in `table`. `place`: of it, with the numbers of those that may be many.
  void add_inner(const toml_value& table, const table_keys& keys, const std::string& place);

 private:
  void add(const toml_value* table, const table_keys& keys, const std::string& heading,
           const std::string& place);
  setting setting_of(const toml_value* table, const key_facts& key, const std::string& place) const;
  setting inherited(const key_facts& key) const;
  bool shown_when_missing(const table_keys& keys) const;
};

setting from(const toml_entry& entry) {
  return {entry.key, as_toml(entry.value), entry.value.at.text()};
}

setting settings_walk::inherited(const key_facts& key) const {
  const auto* iscsi = root.find("iscsi");
  const auto* found = iscsi == nullptr ? nullptr : iscsi->value.find(key.name);
  return found == nullptr ? setting{key.name, "", key.otherwise} : from(*found);
}

setting settings_walk::setting_of(const toml_value* table, const key_facts& key,
                                  const std::string& place) const {
  const auto* entry = table == nullptr ? nullptr : table->find(key.name);
  if (entry != nullptr) return from(*entry);
  if (const auto it = values.find(place + key.name); it != values.end())
    return {key.name, it->second, "default: " + key.otherwise};
  if (key.as_in_iscsi) return inherited(key);
  if (key.fallback.empty()) return {key.name, "", key.otherwise};
  return {key.name, as_toml(key.type, key.fallback), "default"};
}

void settings_walk::add(const toml_value* table, const table_keys& keys, const std::string& heading,
                        const std::string& place) {
  settings_table shown{heading, {}};
  for (const auto& key : keys.keys) {
    if (key.inner != nullptr) continue;
    auto one = setting_of(table, key, place);
    if (!one.value.empty() || !one.origin.empty()) shown.settings.push_back(std::move(one));
  }
  if (!shown.settings.empty()) out.push_back(std::move(shown));
}

// Without a table that has defaults these hold; without one that must say something there is
// nothing, and nothing to show.
bool settings_walk::shown_when_missing(const table_keys& keys) const {
  if (keys.only_tests) return false;
  const bool of_iscsi = std::ranges::any_of(keys.keys, &key_facts::as_in_iscsi);
  return of_iscsi ? root.find("iscsi") != nullptr
                  : std::ranges::all_of(keys.keys, [](const key_facts& key) {
                      return key.need == presence::optional;
                    });
}

void settings_walk::add_inner(const toml_value& table, const table_keys& keys,
                              const std::string& place) {
  for (const auto& key : keys.keys) {
    if (key.inner == nullptr) continue;
    const auto here = place + key.name + ".";
    const auto* entry = table.find(key.name);
    if (key.type == key_type::tables && entry != nullptr) {
      for (std::size_t i = 0; i < entry->value.items.size(); ++i) {
        const auto numbered = here + std::to_string(i) + ".";
        add(&entry->value.items[i], *key.inner, "[[" + key.inner->path + "]]", numbered);
        add_inner(entry->value.items[i], *key.inner, numbered);
      }
    } else if (entry != nullptr || shown_when_missing(*key.inner)) {
      add(entry == nullptr ? nullptr : &entry->value, *key.inner, "[" + key.inner->path + "]",
          here);
      if (entry != nullptr) add_inner(entry->value, *key.inner, here);
    }
  }
}

std::vector<settings_table> shown(const toml_value& root, const table_keys& keys,
                                  const computed_values& values) {
  settings_walk walk{root, values};
  walk.add_inner(root, keys, "");
  return std::move(walk.out);
}

}  // namespace

result<configured_program> program_of(const std::string& file) {
  problem_list problems;
  const auto root = read_toml(file, problems);
  if (!problems.empty()) return fail(EINVAL, problems.text());
  const bool of_gateway = root.find("gateway") != nullptr;
  if (of_gateway == (root.find("coordinator") != nullptr)) {
    problems.add({file, 0, 0},
                 "a configuration has either a [gateway] or a [coordinator]; this file has " +
                     std::string(of_gateway ? "both" : "neither"));
    return fail(EINVAL, problems.text());
  }
  return of_gateway ? configured_program::gateway : configured_program::coordinator;
}

result<void> check_config(const std::string& file) {
  const auto program = program_of(file);
  if (!program) return fail(program.error());
  if (*program == configured_program::gateway) {
    if (auto config = read_gateway_config(file); !config) return fail(std::move(config).error());
  } else if (auto config = read_coordinator_config(file); !config) {
    return fail(std::move(config).error());
  }
  return {};
}

result<std::vector<settings_table>> read_settings(const std::string& file) {
  const auto program = program_of(file);
  if (!program) return fail(program.error());
  problem_list problems;  // none are found that the readers do not find
  if (*program == configured_program::gateway) {
    const auto config = read_gateway_config(file);
    if (!config) return fail(config.error());
    return shown(read_merged_toml(file, "coordinator", problems), gateway_keys(),
                 computed(*config));
  }
  const auto config = read_coordinator_config(file);
  if (!config) return fail(config.error());
  return shown(read_merged_toml(file, "gateway", problems), coordinator_keys(), computed(*config));
}

std::string settings_text(const std::vector<settings_table>& tables) {
  constexpr std::size_t column_max = 44;  // of the comments, where values leave room
  std::string text;
  for (const auto& table : tables) {
    text += (text.empty() ? "" : "\n") + table.heading + "\n";
    for (const auto& one : table.settings) {
      text += one.value.empty() ? fmt::format("# {}: {}\n", one.key, one.origin)
                                : fmt::format("{:{}}  # {}\n", one.key + " = " + one.value,
                                              column_max, one.origin);
    }
  }
  return text;
}

}  // namespace cairn

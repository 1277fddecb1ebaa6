#include "config/listener_rules.h"

#include <fmt/format.h>

#include "config/units.h"

namespace cairn {

std::optional<endpoint> listener_rules::listener(table_reader& table, const std::string& key) {
  auto where = table.address(key);
  if (!where) return where;
  if (!insecure && !is_loopback(*where)) {
    table.wrong(key, fmt::format("{} is not a loopback address; without TLS everybody on the "
                                 "network can reach it: set `insecure = true` if that is meant",
                                 where->text()));
  }
  const auto [first, is_new] = listening_.try_emplace(where->text(), table.at(key));
  if (!is_new) {
    table.wrong(key, fmt::format("{} is already used at {}", where->text(), first->second.text()));
  }
  return where;
}

std::optional<endpoint> listener_rules::peer(table_reader& table, const std::string& key) {
  auto where = table.address(key);
  if (where && !insecure && !is_loopback(*where)) {
    table.wrong(key, fmt::format("{} is not a loopback address; without TLS everything sent there "
                                 "can be read and changed: set `insecure = true` if that is meant",
                                 where->text()));
  }
  return where;
}

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> levels{"debug", "notice", "warning", "error"};
  return levels;
}

}  // namespace cairn

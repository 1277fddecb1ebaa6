#include "config/listener_rules.h"

#include <fmt/format.h>

#include "config/units.h"

namespace cairn {

void listener_rules::check_listener(table_reader& table, const endpoint& where,
                                    const text_position& at) {
  if (!insecure && !is_loopback(where)) {
    table.wrong_at(at, fmt::format("{} is not a loopback address; without TLS everybody on the "
                                   "network can reach it: set `insecure = true` if that is meant",
                                   where.text()));
  }
  const auto [first, is_new] = listening_.try_emplace(where.text(), at);
  if (!is_new) {
    table.wrong_at(at, fmt::format("{} is already used at {}", where.text(), first->second.text()));
  }
}

std::optional<endpoint> listener_rules::listener(table_reader& table, const std::string& key) {
  auto where = table.address(key);
  if (where) check_listener(table, *where, table.at(key));
  return where;
}

std::vector<endpoint> listener_rules::listeners(table_reader& table, const std::string& key) {
  std::vector<endpoint> all;
  const auto items = table.strings(key);
  for (const auto& [text, at] : items) {
    if (const auto where = parse_endpoint(text)) {
      check_listener(table, *where, at);
      all.push_back(*where);
    } else {
      table.wrong_at(at, where.error().text);
    }
  }
  if (items.empty() && table.has(key)) table.wrong(key, fmt::format("`{}` lists nothing", key));
  return all;
}

std::optional<endpoint> listener_rules::peer(table_reader& table, const std::string& key) {
  auto where = table.address(key);
  if (where && (where->host == "0.0.0.0" || where->host == "::"))
    table.wrong(key, where->text() + " is where one listens, nobody can be reached there");
  if (where && !insecure && !is_loopback(*where)) {
    table.wrong(key, fmt::format("{} is not a loopback address; without TLS everything sent there "
                                 "can be read and changed: set `insecure = true` if that is meant",
                                 where->text()));
  }
  return where;
}

}  // namespace cairn

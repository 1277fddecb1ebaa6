#include "config/table_reader.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>

#include "base/invariant.h"
#include "config/units.h"

namespace cairn {
namespace {

constexpr std::size_t socket_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

const toml_value& empty_table() {
  static const toml_value empty = [] {
    toml_value table;
    table.kind = toml_kind::table;
    return table;
  }();
  return empty;
}

}  // namespace

table_reader::table_reader(const toml_value& table, const table_keys& keys, problem_list& problems)
    : table_(table), at_(table.at), keys_(keys), problems_(problems) {
  for (const auto& key : keys_.keys)
    if (key.need == presence::required) require(key.name);
  check_names();
}

table_reader::table_reader(text_position at, const table_keys& keys, problem_list& problems)
    : table_(empty_table()), at_(std::move(at)), keys_(keys), problems_(problems) {}

const key_facts& table_reader::facts(const std::string& key,
                                     std::initializer_list<key_type> types) const {
  const auto* found = keys_.find(key);
  CAIRN_INVARIANT(
      "internal", found != nullptr && std::ranges::find(types, found->type) != types.end(),
      "the key " + key + " is not in the list of " + keys_.heading + ", or has another type");
  return *found;
}

const toml_value* table_reader::value(const std::string& key, toml_kind kind) {
  const auto* entry = table_.find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == kind) return &entry->value;
  wrong(key, fmt::format("`{}` of {} must be {}", key, keys_.heading, name_of(kind)));
  return nullptr;
}

bool table_reader::has(const std::string& key) const { return table_.find(key) != nullptr; }

void table_reader::require(const std::string& key) {
  if (!has(key)) problems_.add(at_, fmt::format("{} lacks `{}`", keys_.heading, key));
}

std::optional<std::string> table_reader::text(const key_facts& key) {
  const auto* found = value(key.name, toml_kind::string);
  if (found != nullptr) return found->string;
  return has(key.name) || key.fallback.empty() ? std::nullopt : std::optional(key.fallback);
}

std::optional<std::string> table_reader::string(const std::string& key) {
  return text(facts(key, {key_type::text}));
}

std::optional<bool> table_reader::boolean(const std::string& key) {
  const auto& of = facts(key, {key_type::boolean});
  const auto* found = value(key, toml_kind::boolean);
  if (found != nullptr) return found->boolean;
  return has(key) || of.fallback.empty() ? std::nullopt : std::optional(of.fallback == "true");
}

std::optional<std::int64_t> table_reader::integer(const std::string& key) {
  const auto& of = facts(key, {key_type::integer});
  const auto* found = value(key, toml_kind::integer);
  if (found != nullptr) return found->integer;
  return has(key) || of.fallback.empty() ? std::nullopt : std::optional(std::stoll(of.fallback));
}

std::vector<table_reader::placed_text> table_reader::strings(const std::string& key) {
  const auto& of = facts(key, {key_type::texts, key_type::addresses, key_type::choices});
  if (!has(key)) {
    std::vector<placed_text> all;
    for (auto& each : listed(of.fallback)) all.push_back({std::move(each), at_});
    return all;
  }
  const auto* entry = table_.find(key);
  const bool single = entry->value.kind == toml_kind::string;
  const auto* found = value(key, single ? toml_kind::string : toml_kind::array);
  if (found == nullptr) return {};
  if (single) return {{found->string, found->at}};
  std::vector<placed_text> all;
  for (const auto& item : found->items) {
    if (item.kind == toml_kind::string) {
      all.push_back({item.string, item.at});
    } else {
      wrong_at(item.at, fmt::format("`{}` must hold strings", key));
    }
  }
  return all;
}

std::optional<std::uint64_t> table_reader::size(const std::string& key) {
  const auto written = text(facts(key, {key_type::size}));
  if (!written) return std::nullopt;
  const auto parsed = parse_size(*written);
  if (parsed) return *parsed;
  wrong(key, parsed.error().text);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> table_reader::duration(const std::string& key) {
  const auto written = text(facts(key, {key_type::duration}));
  if (!written) return std::nullopt;
  const auto time = parse_duration(*written);
  if (time) return *time;
  wrong(key, time.error().text);
  return std::nullopt;
}

std::optional<endpoint> table_reader::address(const std::string& key) {
  const auto written = text(facts(key, {key_type::address}));
  if (!written) return std::nullopt;
  const auto where = parse_endpoint(*written);
  if (where) return *where;
  wrong(key, where.error().text);
  return std::nullopt;
}

// Whether `chosen` is one of the key's; if not, that is a problem.
bool table_reader::is_choice(const key_facts& of, const placed_text& chosen) {
  if (std::ranges::find(of.choices, chosen.text) != of.choices.end()) return true;
  const auto near = nearest(chosen.text, of.choices);
  wrong_at(chosen.at,
           fmt::format("`{}` is not one of {}{}", chosen.text, fmt::join(of.choices, ", "),
                       near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  return false;
}

std::optional<std::string> table_reader::choice(const std::string& key) {
  const auto& of = facts(key, {key_type::choice});
  auto chosen = text(of);
  return chosen && is_choice(of, {*chosen, at(key)}) ? chosen : std::nullopt;
}

std::vector<std::string> table_reader::choices(const std::string& key) {
  const auto& of = facts(key, {key_type::choices});
  const auto items = strings(key);
  if (items.empty() && has(key)) wrong(key, fmt::format("`{}` lists none", key));
  std::vector<std::string> all;
  for (const auto& item : items)
    if (is_choice(of, item)) all.push_back(item.text);
  return all;
}

std::optional<std::string> table_reader::name(const std::string& key) {
  auto written = text(facts(key, {key_type::name}));
  if (!written || is_name(*written)) return written;
  wrong(key, fmt::format("`{}` must be {}", key, name_rule));
  return std::nullopt;
}

std::optional<std::string> table_reader::absolute_path(const std::string& key) {
  auto path = text(facts(key, {key_type::path, key_type::socket_path}));
  if (!path || (path->starts_with('/') && path->find('\0') == std::string::npos)) return path;
  wrong(key, fmt::format("`{}` must be an absolute path, one that begins with /", key));
  return std::nullopt;
}

std::optional<std::string> table_reader::socket_path(const std::string& key) {
  auto path = absolute_path(key);
  if (!path || path->size() <= socket_path_bytes_max) return path;
  wrong(key, fmt::format("the path of a Unix socket has at most {} bytes, this one has {}",
                         socket_path_bytes_max, path->size()));
  return std::nullopt;
}

table_reader table_reader::table(const std::string& key) {
  const auto& inner = *facts(key, {key_type::table}).inner;
  const auto* found = value(key, toml_kind::table);
  return found == nullptr ? table_reader(at(key), inner, problems_)
                          : table_reader(*found, inner, problems_);
}

std::vector<table_reader> table_reader::tables(const std::string& key) {
  std::vector<table_reader> all;
  const auto& inner = *facts(key, {key_type::tables}).inner;
  const auto* found = value(key, toml_kind::array);
  if (found == nullptr) return all;
  for (const auto& item : found->items) {
    if (item.kind == toml_kind::table) {
      all.emplace_back(item, inner, problems_);
    } else {
      problems_.add(item.at, fmt::format("`{}` must hold tables: write [[{}]]", key, key));
    }
  }
  return all;
}

void table_reader::wrong(const std::string& key, const std::string& sentence) {
  problems_.add(at(key), sentence);
}

void table_reader::wrong_at(const text_position& at, const std::string& sentence) {
  problems_.add(at, sentence);
}

text_position table_reader::at(const std::string& key) const {
  const auto* entry = table_.find(key);
  return entry == nullptr ? at_ : entry->value.at;
}

void table_reader::check_names() {
  const auto known = keys_.names();
  for (const auto& entry : table_.entries) {
    if (keys_.find(entry.key) != nullptr) continue;
    const auto near = nearest(entry.key, known);
    problems_.add(entry.key_at,
                  fmt::format("{} knows no `{}`{}", keys_.heading, entry.key,
                              near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }
}

}  // namespace cairn

#include "config/table_reader.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>

#include "config/units.h"

namespace cairn {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t socket_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

bool is_name(const std::string& text) {
  const auto allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, allowed);
}

const toml_value& empty_table() {
  static const toml_value empty = [] {
    toml_value table;
    table.kind = toml_kind::table;
    return table;
  }();
  return empty;
}

}  // namespace

table_reader::table_reader(text_position at, std::string name, problem_list& problems)
    : table_(empty_table()), at_(std::move(at)), name_(std::move(name)), problems_(problems) {}

const toml_value* table_reader::value(const std::string& key, toml_kind kind) {
  known_.push_back(key);
  const auto* entry = table_.find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == kind) return &entry->value;
  wrong(key, fmt::format("`{}` of {} must be {}", key, name_, name_of(kind)));
  return nullptr;
}

bool table_reader::has(const std::string& key) { return table_.find(key) != nullptr; }

void table_reader::require(const std::string& key) {
  if (!has(key)) problems_.add(at_, fmt::format("{} lacks `{}`", name_, key));
}

std::optional<std::string> table_reader::string(const std::string& key) {
  const auto* found = value(key, toml_kind::string);
  return found == nullptr ? std::nullopt : std::optional(found->string);
}

std::optional<bool> table_reader::boolean(const std::string& key) {
  const auto* found = value(key, toml_kind::boolean);
  return found == nullptr ? std::nullopt : std::optional(found->boolean);
}

std::optional<std::int64_t> table_reader::integer(const std::string& key) {
  const auto* found = value(key, toml_kind::integer);
  return found == nullptr ? std::nullopt : std::optional(found->integer);
}

std::vector<table_reader::placed_text> table_reader::strings(const std::string& key) {
  const auto* entry = table_.find(key);
  const bool single = entry != nullptr && entry->value.kind == toml_kind::string;
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
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto parsed = parse_size(*text);
  if (parsed) return *parsed;
  wrong(key, parsed.error().text);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> table_reader::duration(const std::string& key) {
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto time = parse_duration(*text);
  if (time) return *time;
  wrong(key, time.error().text);
  return std::nullopt;
}

std::optional<endpoint> table_reader::address(const std::string& key) {
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto where = parse_endpoint(*text);
  if (where) return *where;
  wrong(key, where.error().text);
  return std::nullopt;
}

std::optional<std::string> table_reader::choice(const std::string& key,
                                                const std::vector<std::string>& choices) {
  auto text = string(key);
  if (!text || std::ranges::find(choices, *text) != choices.end()) return text;
  const auto near = nearest(*text, choices);
  wrong(key, fmt::format("`{}` is not one of {}{}", *text, fmt::join(choices, ", "),
                         near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  return std::nullopt;
}

std::optional<std::string> table_reader::name(const std::string& key) {
  auto text = string(key);
  if (!text || is_name(*text)) return text;
  wrong(key, fmt::format("`{}` must be 1 to {} of the characters a-z A-Z 0-9 . _ -", key,
                         name_bytes_max));
  return std::nullopt;
}

std::optional<std::string> table_reader::absolute_path(const std::string& key) {
  auto text = string(key);
  if (!text || (text->starts_with('/') && text->find('\0') == std::string::npos)) return text;
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
  const auto* found = value(key, toml_kind::table);
  const auto called = fmt::format("[{}]", key);
  return found == nullptr ? table_reader(at(key), called, problems_)
                          : table_reader(*found, called, problems_);
}

std::vector<table_reader> table_reader::tables(const std::string& key) {
  std::vector<table_reader> all;
  const auto* found = value(key, toml_kind::array);
  if (found == nullptr) return all;
  for (const auto& item : found->items) {
    if (item.kind == toml_kind::table) {
      all.emplace_back(item, fmt::format("[[{}]]", key), problems_);
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

void table_reader::finish() {
  for (const auto& entry : table_.entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    const auto near = nearest(entry.key, known_);
    problems_.add(entry.key_at,
                  fmt::format("{} knows no `{}`{}", name_, entry.key,
                              near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }
}

}  // namespace cairn

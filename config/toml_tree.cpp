#include "config/toml_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace cairn {
namespace {

text_position position_of(const std::string& file, const toml::source_region& region) {
  return {file, region.begin.line, region.begin.column};
}

toml_value convert(const std::string& file, const toml::node& node);

void convert_table(const std::string& file, const toml::table& table, toml_value& out) {
  out.kind = toml_kind::table;
  for (const auto& [key, node] : table) {
    out.entries.push_back(
        {std::string(key.str()), position_of(file, key.source()), convert(file, node)});
  }
  // toml++ keeps its keys sorted by name; errors are told in the order of the file.
  std::ranges::stable_sort(out.entries, [](const toml_entry& a, const toml_entry& b) {
    return std::pair(a.key_at.line, a.key_at.column) < std::pair(b.key_at.line, b.key_at.column);
  });
}

toml_value convert(const std::string& file, const toml::node& node) {
  toml_value out;
  out.at = position_of(file, node.source());
  if (const auto* table = node.as_table()) {
    convert_table(file, *table, out);
  } else if (const auto* array = node.as_array()) {
    out.kind = toml_kind::array;
    for (const auto& item : *array) out.items.push_back(convert(file, item));
  } else if (const auto* text = node.as_string()) {
    out.kind = toml_kind::string;
    out.string = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = toml_kind::integer;
    out.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = toml_kind::boolean;
    out.boolean = boolean->get();
  }
  return out;
}

void merge_entry(toml_value& into, toml_entry more, problem_list& problems) {
  const auto there =
      std::ranges::find(into.entries, more.key, [](const toml_entry& e) { return e.key; });
  if (there == into.entries.end()) {
    into.entries.push_back(std::move(more));
  } else if (there->value.kind == toml_kind::table && more.value.kind == toml_kind::table) {
    merge_toml(there->value, std::move(more.value), problems);
  } else if (there->value.is_array_of_tables() && more.value.is_array_of_tables()) {
    std::ranges::move(more.value.items, std::back_inserter(there->value.items));
  } else {
    problems.add(more.key_at,
                 fmt::format("`{}` was already given at {}", more.key, there->key_at.text()));
  }
}

std::vector<std::string> snippets_beside(const std::string& file, const std::string& not_for) {
  std::vector<std::string> found;
  std::error_code unreadable;
  const auto directory = std::filesystem::path(file).parent_path() / "conf.d";
  for (const auto& entry : std::filesystem::directory_iterator(directory, unreadable)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.') && !name.starts_with(not_for)) {
      found.push_back(entry.path().string());
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::string text_position::text() const {
  return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

std::string problem_list::text() const { return fmt::format("{}", fmt::join(lines_, "\n")); }

const char* name_of(toml_kind kind) {
  switch (kind) {
    case toml_kind::table:
      return "a table";
    case toml_kind::array:
      return "an array";
    case toml_kind::string:
      return "a string";
    case toml_kind::integer:
      return "a number";
    case toml_kind::boolean:
      return "true or false";
    case toml_kind::other:
      break;
  }
  return "a value of another type";
}

const toml_entry* toml_value::find(const std::string& key) const {
  const auto found = std::ranges::find(entries, key, [](const toml_entry& e) { return e.key; });
  return found == entries.end() ? nullptr : &*found;
}

bool toml_value::is_array_of_tables() const {
  return kind == toml_kind::array && std::ranges::all_of(items, [](const toml_value& item) {
           return item.kind == toml_kind::table;
         });
}

toml_value read_toml(const std::string& file, problem_list& problems) {
  toml_value root;
  root.at = {file, 1, 1};
  root.kind = toml_kind::table;
  std::error_code unknown;
  const bool directory = std::filesystem::is_directory(file, unknown);
  std::ifstream in(file, std::ios::binary);
  if (directory || !in) {
    problems.add({file, 0, 0}, "the file cannot be read: " +
                                   std::generic_category().message(directory ? EISDIR : errno));
    return root;
  }
  std::ostringstream text;
  if (!(text << in.rdbuf())) {
    problems.add({file, 0, 0}, "the file is empty");
    return root;
  }
  const auto parsed = toml::parse(text.str(), file);
  if (parsed) {
    convert_table(file, parsed.table(), root);
  } else {
    problems.add(position_of(file, parsed.error().source()),
                 std::string(parsed.error().description()));
  }
  return root;
}

toml_value read_merged_toml(const std::string& file, const std::string& not_for,
                            problem_list& problems) {
  auto root = read_toml(file, problems);
  for (const auto& snippet : snippets_beside(file, not_for)) {
    merge_toml(root, read_toml(snippet, problems), problems);
  }
  return root;
}

void merge_toml(toml_value& into, toml_value more, problem_list& problems) {
  for (auto& entry : more.entries) merge_entry(into, std::move(entry), problems);
}

}  // namespace cairn

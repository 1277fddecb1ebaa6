#include "config/commented_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace cairn {
namespace {

constexpr std::size_t line_bytes_max = 96;

// The words of `text` in lines that begin with "# ".
std::string comment(const std::string& text) {
  std::string out, line = "#", word;
  for (std::istringstream words(text); words >> word; line += " " + word) {
    if (line.size() + 1 + word.size() <= line_bytes_max) continue;
    out += line + "\n";
    line = "#";
  }
  return out + line + "\n";
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
  return text;
}

// What the line says while nobody chose.
std::string unchosen(const key_facts& key) {
  return as_toml(key.type, key.fallback.empty() ? key.example : key.fallback);
}

std::string sentence_of(const key_facts& key) {
  auto text = capital(key.sentence);
  if (key.type == key_type::choice || key.type == key_type::choices)
    text += fmt::format(" ({})", name_of(key.type, key.choices));
  if (!key.otherwise.empty()) text += fmt::format(". Left out: {}", key.otherwise);
  return text + ".";
}

struct commented_writer {
  std::string out = {};

  void file(const table_keys& keys, const chosen_table& chosen);

 private:
  void table(const table_keys& keys, bool many, const chosen_table* chosen);
  void key(const key_facts& facts, const chosen_table* chosen);
  void inner(const table_keys& keys, const chosen_table& chosen);
};

void commented_writer::key(const key_facts& facts, const chosen_table* chosen) {
  out += comment(sentence_of(facts));
  if (chosen == nullptr || !chosen->plain.contains(facts.name)) {
    out += fmt::format("#{} = {}\n", facts.name, unchosen(facts));
    return;
  }
  if (const auto more = chosen->remarks.find(facts.name); more != chosen->remarks.end())
    out += comment(more->second);
  out += fmt::format("{} = {}\n", facts.name, as_toml(facts.type, chosen->plain.at(facts.name)));
}

// Without `chosen`, all of it is a comment.
void commented_writer::table(const table_keys& keys, bool many, const chosen_table* chosen) {
  out += "\n" + comment(keys.sentence) + (chosen == nullptr ? "#" : "");
  out += (many ? "[[" : "[") + keys.path + (many ? "]]\n" : "]\n");
  for (const auto& each : keys.keys)
    if (each.inner == nullptr) key(each, chosen);
}

void commented_writer::inner(const table_keys& keys, const chosen_table& chosen) {
  for (const auto& each : keys.keys) {
    if (each.inner == nullptr || each.inner->only_tests) continue;
    const bool many = each.type == key_type::tables;
    const auto found = chosen.inner.find(each.name);
    if (found == chosen.inner.end()) {
      table(*each.inner, many, nullptr);
      continue;
    }
    for (const auto& one : found->second) {
      table(*each.inner, many, &one);
      inner(*each.inner, one);
    }
  }
}

void commented_writer::file(const table_keys& keys, const chosen_table& chosen) {
  out += comment(keys.sentence);
  inner(keys, chosen);
}

}  // namespace

std::string commented_file(const table_keys& keys, const chosen_table& chosen) {
  commented_writer writer;
  writer.file(keys, chosen);
  return std::move(writer.out);
}

}  // namespace cairn

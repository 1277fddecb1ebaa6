#include <fmt/format.h>

#include <algorithm>

#include "packaging/docgen/manual_text.h"
#include "packaging/docgen/pages.h"

namespace cairn::docgen {
namespace {

std::string written(const table_keys& keys, bool many) {
  return many ? "[[" + keys.path + "]]" : "[" + keys.path + "]";
}

std::string what_holds_without(const key_facts& key) {
  if (key.need == presence::required) return "Required.";
  if (key.as_in_iscsi) return "Default: as in [iscsi].";
  if (!key.fallback.empty()) return fmt::format("Default: `{}`.", as_toml(key.type, key.fallback));
  return key.otherwise.empty() ? "" : fmt::format("Left out: {}.", key.otherwise);
}

std::string capital(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string sentence_of(const key_facts& key) {
  const auto without = what_holds_without(key);
  return fmt::format("{}. {}.{}{}", capital(name_of(key.type, key.choices)), capital(key.sentence),
                     without.empty() ? "" : " ", without);
}

// Calls `seen` with each table below `keys`, the outer before the inner.
template <class F>
void each_table(const table_keys& keys, F&& seen) {
  for (const auto& key : keys.keys) {
    if (key.inner == nullptr) continue;
    seen(*key.inner, key.type == key_type::tables);
    each_table(*key.inner, seen);
  }
}

void table_section(mdoc_page& page, const table_keys& keys, bool many) {
  page.subsection((many ? "Tables " : "Table ") + keys.path);
  page.words(fmt::format("Written `{}`. {}", written(keys, many), keys.sentence));
  if (std::ranges::all_of(keys.keys, [](const key_facts& key) { return key.inner != nullptr; }))
    return;
  page.macro(".Bl -tag -width Ds");
  for (const auto& key : keys.keys) {
    if (key.inner != nullptr) continue;
    page.macro(".It Cm " + mdoc_page::argument(key.name));
    page.words(sentence_of(key));
  }
  page.macro(".El");
}

// The example of each key that is needed, or may be.
void shortest(const table_keys& keys, std::string& out) {
  for (const auto& key : keys.keys)
    if (key.inner == nullptr && key.need != presence::optional)
      out += fmt::format("{} = {}\n", key.name, as_toml(key.type, key.example));
  for (const auto& key : keys.keys) {
    if (key.inner == nullptr || key.need != presence::required) continue;
    out += written(*key.inner, key.type == key_type::tables) + "\n";
    shortest(*key.inner, out);
  }
}

void markdown_table(std::string& out, const table_keys& keys, bool many) {
  out += fmt::format("\n### `{}`\n\n{}\n\n| key | is | without it | what |\n|---|---|---|---|\n",
                     written(keys, many), keys.sentence);
  for (const auto& key : keys.keys) {
    if (key.inner != nullptr) continue;
    auto without = what_holds_without(key);
    for (const std::string start : {"Default: ", "Left out: "})
      if (without.starts_with(start)) without = without.substr(start.size());
    if (without.ends_with('.')) without.pop_back();
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, name_of(key.type, key.choices),
                       without, key.sentence);
  }
}

}  // namespace

std::string shortest_configuration(const table_keys& keys) {
  std::string out;
  shortest(keys, out);
  return out;
}

manual_page configuration_page(const std::string& program, const table_keys& keys,
                               const std::string& date) {
  const auto name = program + ".toml";
  mdoc_page page(name, 5, "configuration of " + program, date);
  const auto& text = text_of(name);
  page.section("DESCRIPTION");
  for (const auto& paragraph : text.paragraphs) {
    if (&paragraph == &text.paragraphs.front())
      page.words(paragraph);
    else
      page.paragraph(paragraph);
  }
  each_table(keys, [&](const table_keys& table, bool many) { table_section(page, table, many); });
  page.section("EXAMPLES");
  page.words("The shortest one:");
  page.literal(shortest_configuration(keys));
  page.section("SEE ALSO");
  page.macro(".Xr cairn-config 1 ,");
  page.macro(".Xr " + program + " 8");
  return {name + ".5", page.text()};
}

std::string key_reference() {
  std::string out =
      "# Keys of the configuration\n\nMade by `cairn-docgen` from the lists that the programs read "
      "by; `docs/configuration.md` explains them.\n\n## Gateway\n";
  const auto add = [&](const table_keys& table, bool many) { markdown_table(out, table, many); };
  each_table(gateway_keys(), add);
  out += "\n## Coordinator\n";
  each_table(coordinator_keys(), add);
  return out;
}

}  // namespace cairn::docgen

#include "packaging/docgen/command_model.h"

#include <algorithm>
#include <sstream>

namespace cairn::docgen {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::string part;
  for (std::istringstream in(text); std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// CLI11 shows the words of a check behind the type: "TEXT:{primary,secondary}". What --help gives
// in another form (a range) is in the sentence, or not for people.
void set_value(const std::string& shown, option_words& out) {
  const auto brace = shown.find('{');
  if (brace != std::string::npos && shown.ends_with('}')) {
    out.choices = split(shown.substr(brace + 1, shown.size() - brace - 2), ',');
    out.value = "WORD";
    return;
  }
  out.value = shown.substr(0, shown.find(':'));
  if (shown.find("=PATH:") != std::string::npos) out.value = shown;
}

option_words words_of(const CLI::Option& option) {
  option_words out;
  out.positional = option.get_positional();
  out.names = split(option.get_name(out.positional, true), ',');
  if (out.positional) out.names.resize(1);
  out.sentence = option.get_description();
  out.fallback = option.get_default_str();
  out.environment = option.get_envname();
  out.required = option.get_required();
  out.many = option.get_items_expected_max() > 1;
  if (!out.positional && option.get_items_expected_max() > 0)
    set_value(option.get_type_name(), out);
  return out;
}

}  // namespace

std::string command_words::page() const {
  auto name = path;
  std::ranges::replace(name, ' ', '-');
  return name;
}

command_words words_of(const CLI::App& app, const std::string& before) {
  command_words out;
  out.path = before + app.get_name();
  out.sentence = app.get_description();
  for (const auto* option : app.get_options()) out.options.push_back(words_of(*option));
  std::ranges::stable_partition(out.options, &option_words::positional);
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back(words_of(*sub, out.path + " "));
  return out;
}

std::vector<const command_words*> flattened(const command_words& all) {
  std::vector<const command_words*> out{&all};
  for (const auto& sub : all.commands) {
    const auto below = flattened(sub);
    out.insert(out.end(), below.begin(), below.end());
  }
  return out;
}

}  // namespace cairn::docgen

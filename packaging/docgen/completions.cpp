#include "packaging/docgen/completions.h"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::docgen {
namespace {

// How a shell should complete the value of an option or a positional word.
enum class wanted { nothing, words, files, directories };

wanted wanted_for(const option_words& option) {
  if (!option.choices.empty()) return wanted::words;
  const auto& value = option.positional ? option.names[0] : option.value;
  if (value == "FILE" || value == "PATH") return wanted::files;
  return value == "DIRECTORY" ? wanted::directories : wanted::nothing;
}

// "status", "marker now"; empty: the command itself.
std::string words_behind_program(const command_words& words) {
  const auto space = words.path.find(' ');
  return space == std::string::npos ? "" : words.path.substr(space + 1);
}

// Options of a command, and those of the program, which are known everywhere.
std::vector<option_words> options_of(const command_words& words, const command_words& top) {
  auto all = words.options;
  if (&words == &top) return all;
  for (const auto& option : top.options) {
    const bool known = std::ranges::any_of(
        all, [&](const option_words& o) { return o.names.back() == option.names.back(); });
    if (!known && option.names.back() != "--version") all.push_back(option);
  }
  return all;
}

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// ---- bash

std::string bash_words(const command_words& words, const command_words& top) {
  std::string out;
  for (const auto& sub : words.commands) out += sub.word() + " ";
  for (const auto& option : options_of(words, top)) {
    if (option.positional) continue;
    for (const auto& name : option.names) out += name + " ";
  }
  out.pop_back();
  return out;
}

std::string bash_values(const command_words& words, const command_words& top) {
  std::string out;
  for (const auto& option : options_of(words, top)) {
    if (option.positional || option.value.empty()) continue;
    std::string reply;
    if (wanted_for(option) == wanted::words)
      reply = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))",
                          fmt::join(option.choices, " "));
    if (wanted_for(option) == wanted::files) reply = "compopt -o default";
    if (wanted_for(option) == wanted::directories) reply = "COMPREPLY=($(compgen -d -- \"$word\"))";
    out += fmt::format("      {}) {}return ;;\n", fmt::join(option.names, " | "),
                       reply.empty() ? "" : reply + "; ");
  }
  return out;
}

std::string bash_files(const command_words& words) {
  const bool files = std::ranges::any_of(words.options, [](const option_words& option) {
    return option.positional && wanted_for(option) == wanted::files;
  });
  return files ? "    [[ $word == -* ]] || compopt -o default\n" : "";
}

// ---- zsh

std::string zsh_argument(const option_words& option) {
  std::string sentence = option.sentence;
  for (const char c : {'[', ']', ':'})
    for (auto at = sentence.find(c); at != std::string::npos; at = sentence.find(c, at + 2))
      sentence.insert(at, "\\");
  std::string value;
  if (option.positional || !option.value.empty()) {
    const auto name = option.positional ? option.names[0] : option.value;
    const auto want = wanted_for(option);
    const std::string how = want == wanted::words
                                ? fmt::format("({})", fmt::join(option.choices, " "))
                            : want == wanted::files       ? "_files"
                            : want == wanted::directories ? "_files -/"
                                                          : " ";
    std::string shown = name;
    std::ranges::replace(shown, ':', ' ');
    value = fmt::format(":{}:{}", shown, how);
  }
  if (option.positional) return in_quotes((option.many ? "*" : "") + value) + " ";
  std::string out;
  for (const auto& name : option.names)
    out +=
        in_quotes(fmt::format("{}{}[{}]{}", option.many ? "*" : "", name, sentence, value)) + " ";
  return out;
}

std::string zsh_function(const command_words& words) {
  auto name = words.path;
  std::ranges::replace_if(
      name, [](char c) { return c == ' ' || c == '-'; }, '_');
  return "_" + name;
}

std::string zsh_of(const command_words& words, const command_words& top) {
  std::string out = fmt::format("{}() {{\n", zsh_function(words));
  std::string arguments;
  for (const auto& option : options_of(words, top))
    arguments += "    " + zsh_argument(option) + "\\\n";
  if (words.commands.empty()) {
    return out + fmt::format("  _arguments -s \\\n{}    && return\n}}\n\n", arguments);
  }
  out += fmt::format(
      "  local line state\n  _arguments -C -s \\\n{}    '1: :->command' '*::word:->words' && "
      "return\n",
      arguments);
  out += "  case $state in\n    command)\n      local -a commands=(\n";
  for (const auto& sub : words.commands)
    out += fmt::format("        {}\n", in_quotes(sub.word() + ":" + sub.sentence));
  out += "      )\n      _describe command commands ;;\n    words)\n      case $line[1] in\n";
  for (const auto& sub : words.commands)
    out += fmt::format("        {}) {} ;;\n", sub.word(), zsh_function(sub));
  return out + "      esac ;;\n  esac\n}\n\n";
}

// ---- fish

std::string fish_condition(const command_words& words) {
  std::string out;
  const auto path = words_behind_program(words);
  if (path.empty()) return "__fish_use_subcommand";
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find(' ', at), path.size());
    out += fmt::format("{}__fish_seen_subcommand_from {}", out.empty() ? "" : "; and ",
                       path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string fish_option(const option_words& option, const std::string& condition,
                        const std::string& program) {
  std::string out = "complete -c " + program;
  if (!condition.empty()) out += " -n " + in_quotes(condition);
  for (const auto& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  const auto want = wanted_for(option);
  if (want == wanted::words)
    out += fmt::format(" -x -a {}", in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
  else if (want == wanted::directories)
    out += " -x -a '(__fish_complete_directories)'";
  else if (want == wanted::files)
    out += " -r -F";
  else if (!option.value.empty())
    out += " -x";
  return out + " -d " + in_quotes(option.sentence) + "\n";
}

}  // namespace

std::string bash_completion(const command_words& all) {
  std::string cases;
  for (const auto* words : flattened(all)) {
    cases += fmt::format(
        "  {})\n    case $before in\n{}    esac\n{}    COMPREPLY=($(compgen -W '{}' -- \"$word\")) "
        ";;\n",
        in_quotes(words_behind_program(*words)), bash_values(*words, all), bash_files(*words),
        bash_words(*words, all));
  }
  std::string paths;
  for (const auto* words : flattened(all))
    if (words != &all) paths += in_quotes(words_behind_program(*words)) + " ";
  return fmt::format(
      "# Completion of {0} for bash.\n_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} path= each "
      "i\n"
      "  local paths=({1})\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    for each in \"${{paths[@]}}\"; do\n"
      "      if [[ $each == \"${{path:+$path }}${{COMP_WORDS[i]}}\" ]]; then path=$each; break; "
      "fi\n"
      "    done\n"
      "  done\n"
      "  case $path in\n{2}  esac\n}}\ncomplete -F _{0} {0}\n",
      all.path, paths, cases);
}

std::string zsh_completion(const command_words& all) {
  std::string out = fmt::format("#compdef {0}\n# Completion of {0} for zsh.\n\n", all.path);
  for (const auto* words : flattened(all)) out += zsh_of(*words, all);
  return out + fmt::format("{} \"$@\"\n", zsh_function(all));
}

std::string fish_completion(const command_words& all) {
  std::string out = fmt::format("# Completion of {0} for fish.\ncomplete -c {0} -f\n", all.path);
  for (const auto* words : flattened(all)) {
    for (const auto& sub : words->commands) {
      auto condition = fish_condition(*words);
      if (words != &all) {
        std::string others;
        for (const auto& each : words->commands) others += " " + each.word();
        condition += "; and not __fish_seen_subcommand_from" + others;
      }
      out += fmt::format("complete -c {} -n {} -a {} -d {}\n", all.path, in_quotes(condition),
                         sub.word(), in_quotes(sub.sentence));
    }
    for (const auto& option : words->options) {
      if (!option.positional) {
        out += fish_option(option, words == &all ? "" : fish_condition(*words), all.path);
      } else if (wanted_for(option) == wanted::files) {
        out +=
            fmt::format("complete -c {} -n {} -F\n", all.path, in_quotes(fish_condition(*words)));
      }
    }
  }
  return out;
}

}  // namespace cairn::docgen

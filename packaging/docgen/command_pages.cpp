#include <fmt/format.h>

#include "packaging/docgen/manual_text.h"
#include "packaging/docgen/pages.h"

namespace cairn::docgen {
namespace {

std::string flags_of(const option_words& option) {
  std::string out;
  for (const auto& name : option.names) {
    const auto letters = name.substr(1);
    out += fmt::format("{}Fl {}", out.empty() ? "" : " , ", mdoc_page::argument(letters));
  }
  if (!option.value.empty()) out += " Ar " + mdoc_page::argument(option.value);
  return out;
}

bool is_help(const option_words& option) { return option.names.back() == "--help"; }

std::string in_synopsis(const option_words& option) {
  if (option.positional) {
    return fmt::format("{}Ar {}{}", option.required ? "" : "Op ",
                       mdoc_page::argument(option.names[0]), option.many ? " ..." : "");
  }
  option_words shortest = option;
  shortest.names = {option.names.back()};
  return (option.required ? "" : "Op ") + flags_of(shortest) + (option.many ? " ..." : "");
}

void synopsis(mdoc_page& page, const command_words& words) {
  page.section("SYNOPSIS");
  const auto space = words.path.find(' ');
  page.macro(".Nm " + words.path.substr(0, space));
  if (space != std::string::npos)
    page.macro(".Cm " + mdoc_page::escaped(words.path.substr(space + 1)));
  for (const bool positional : {false, true})
    for (const auto& option : words.options)
      if (option.positional == positional && !is_help(option))
        page.macro("." + in_synopsis(option));
  if (!words.commands.empty()) page.macro(".Op Ar command ...");
}

std::string sentence_of(const option_words& option) {
  std::string text = option.sentence;
  if (!option.choices.empty()) text += fmt::format("; one of {}", fmt::join(option.choices, ", "));
  if (!option.fallback.empty()) text += fmt::format(" (default: {})", option.fallback);
  if (!option.environment.empty())
    text += "; the variable `" + option.environment + "` gives it, too";
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

void options(mdoc_page& page, const command_words& words) {
  page.macro(".Bl -tag -width Ds");
  for (const auto& option : words.options) {
    page.macro(option.positional ? ".It Ar " + mdoc_page::argument(option.names[0])
                                 : ".It " + flags_of(option));
    page.words(sentence_of(option));
  }
  page.macro(".El");
}

void commands(mdoc_page& page, const command_words& words) {
  if (words.commands.empty()) return;
  page.paragraph("The commands are:");
  page.macro(".Bl -tag -width Ds");
  for (const auto& sub : words.commands) {
    page.macro(".It Cm " + mdoc_page::escaped(sub.word()));
    page.words(sub.sentence + "; see");
    page.macro(".Xr " + sub.page() + " 1 .");
  }
  page.macro(".El");
}

void examples(mdoc_page& page, const page_text& text) {
  if (text.examples.empty()) return;
  page.section("EXAMPLES");
  for (const auto& each : text.examples) {
    if (&each != &text.examples.front()) page.macro(".Pp");
    page.words(each.what + ":");
    page.literal("$ " + each.command);
  }
}

void exit_status(mdoc_page& page, int section) {
  page.section("EXIT STATUS");
  if (section == 8) {
    page.words("0: done. 1: failed. 2: wrong usage, or a configuration with errors.");
    return;
  }
  page.macro(".Bl -tag -width Ds -compact");
  for (const auto& [code, means] : exit_meanings()) {
    page.macro(fmt::format(".It {}", code));
    page.words(means);
  }
  page.macro(".El");
}

void see_also(mdoc_page& page, const command_words& words, int section) {
  page.section("SEE ALSO");
  if (section == 1 && words.path != "cairn") page.macro(".Xr cairn 1 ,");
  if (section == 8) page.macro(".Xr cairn 1 ,");
  if (section == 8) {
    page.macro(".Xr " + words.path + ".toml 5");
  } else {
    page.macro(".Xr cairn-coordinator 8 ,");
    page.macro(".Xr cairn-gateway 8");
  }
}

}  // namespace

manual_page command_page(const command_words& words, const command_words& top, int section,
                         const std::string& date) {
  mdoc_page page(words.page(), section, words.sentence, date);
  const auto& text = text_of(words.path);
  synopsis(page, words);
  page.section("DESCRIPTION");
  for (const auto& paragraph : text.paragraphs) {
    if (&paragraph == &text.paragraphs.front())
      page.words(paragraph);
    else
      page.paragraph(paragraph);
  }
  commands(page, words);
  page.paragraph("The options are:");
  options(page, words);
  if (&words != &top) {
    page.macro(".Pp");
    page.words("Those of");
    page.macro(".Xr cairn 1");
    page.words("may be given, too.");
  }
  exit_status(page, section);
  examples(page, text);
  see_also(page, words, section);
  return {fmt::format("{}.{}", words.page(), section), page.text()};
}

}  // namespace cairn::docgen

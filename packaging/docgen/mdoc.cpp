#include "packaging/docgen/mdoc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace cairn::docgen {
namespace {

constexpr std::size_t line_bytes_max = 76;

// New sentence, new line; no line is longer than the language likes, escapes counted.
std::string in_lines(const std::string& plain) {
  std::string out, line, word;
  std::size_t bytes = 0;
  const auto end_line = [&] {
    if (!line.empty()) out += line + "\n";
    line.clear();
    bytes = 0;
  };
  for (std::istringstream words(plain); words >> word;) {
    const auto more = mdoc_page::escaped(word).size() + 1;
    if (bytes + more > line_bytes_max) end_line();
    line += (line.empty() ? "" : " ") + word;
    bytes += more;
    if (word.size() > 2 && (word.ends_with('.') || word.ends_with(':'))) end_line();
  }
  end_line();
  return out;
}

std::string as_it_is(char c) {
  if (c == '\\') return "\\e";
  if (c == '-') return "\\-";
  if (c == '`') return "\\(ga";
  return std::string(1, c);
}

bool is_request(const std::string& line) { return line.starts_with('.') || line.starts_with('\''); }

}  // namespace

mdoc_page::mdoc_page(const std::string& name, int number, const std::string& sentence,
                     const std::string& date) {
  const auto without_stop = sentence.substr(0, sentence.size() - sentence.ends_with('.'));
  std::string title = name;
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
  text_ = fmt::format(".Dd {}\n.Dt {} {}\n.Os\n.Sh NAME\n.Nm {}\n.Nd {}\n", date, title, number,
                      name, escaped(without_stop));
}

std::string mdoc_page::escaped(const std::string& plain) {
  std::string out;
  bool code = false;
  for (const char c : plain) {
    if (c == '`') {
      out += code ? "\\fP" : "\\fB";
      code = !code;
    } else {
      out += as_it_is(c);
    }
  }
  return out;
}

std::string mdoc_page::argument(const std::string& plain) {
  const auto text = escaped(plain);
  return text.find(' ') == std::string::npos && !text.empty() ? text : "\"" + text + "\"";
}

void mdoc_page::words(const std::string& plain) {
  std::istringstream lines(in_lines(plain));
  for (std::string line; std::getline(lines, line);)
    macro((is_request(line) ? "\\&" : "") + escaped(line));
}

void mdoc_page::paragraph(const std::string& plain) {
  macro(".Pp");
  words(plain);
}

void mdoc_page::literal(const std::string& block) {
  macro(".Bd -literal");
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    std::string shown = is_request(line) ? "\\&" : "";
    for (const char c : line) shown += as_it_is(c);
    macro(shown);
  }
  macro(".Ed");
}

}  // namespace cairn::docgen

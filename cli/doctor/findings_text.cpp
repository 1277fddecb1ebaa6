#include "cli/doctor/findings_text.h"

#include <fmt/format.h>

#include "cli/json_fields.h"

namespace cairn::doctor {
namespace {

struct look {
  const char* word;
  const char* icon;
  const char* colour;
};

look look_of(level is) {
  switch (is) {
    case level::ok:
      return {"ok", "✓", "32"};
    case level::unseen:
      return {"not seen", "?", "90"};
    case level::warning:
      return {"warning", "!", "33"};
    case level::problem:
      break;
  }
  return {"problem", "✗", "31"};
}

std::string mark_of(level is, bool colour) {
  const auto l = look_of(is);
  const auto text = fmt::format("{} {:<8}", l.icon, l.word);
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", l.colour, text) : text;
}

// Sentences of the configuration may have a line for each error.
std::string indented(const std::string& text, const std::string& room) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\n" + room : printable(std::string(1, c));
  return out;
}

std::string lines_of(const finding& f, bool colour) {
  static const std::string room(14, ' ');
  auto out = fmt::format("  {}  {}\n", mark_of(f.is, colour), indented(f.sentence, room));
  if (!f.advice.empty()) out += room + "→ " + indented(f.advice, room + "  ") + "\n";
  return out;
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string last_line(const findings& all) {
  const auto unseen = count_of(all, level::unseen);
  return fmt::format(
      "{}, {}; {} fine{}\n", counted(count_of(all, level::problem), "problem", "problems"),
      counted(count_of(all, level::warning), "warning", "warnings"), count_of(all, level::ok),
      unseen == 0 ? "" : fmt::format(", {} not seen", unseen));
}

}  // namespace

std::string findings_text(const findings& all, const group_titles& titles, bool colour) {
  std::string out;
  for (const auto& [group, title] : titles) {
    std::string lines;
    for (const auto& f : all)
      if (f.group() == group) lines += lines_of(f, colour);
    if (!lines.empty()) out += title + "\n" + lines + "\n";
  }
  return out + last_line(all);
}

std::string findings_json(const findings& all) {
  const auto problems = count_of(all, level::problem);
  const auto warnings = count_of(all, level::warning);
  json_value document{{"schema", "cairn.doctor/1"},
                      {"level", problems > 0   ? "problem"
                                : warnings > 0 ? "warning"
                                               : "ok"},
                      {"problems", problems},
                      {"warnings", warnings},
                      {"findings", json_value::array()}};
  for (const auto& f : all) {
    const std::string word = f.is == level::unseen ? "unseen" : look_of(f.is).word;
    document["findings"].push_back(
        {{"check", f.check}, {"level", word}, {"sentence", f.sentence}, {"advice", f.advice}});
  }
  return document.dump(-1, ' ', false, json_value::error_handler_t::replace) + "\n";
}

}  // namespace cairn::doctor

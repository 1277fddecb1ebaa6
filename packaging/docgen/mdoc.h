// A manual page in the making, in the mdoc language (mandoc's mdoc(7)). Texts are plain, but for
// `code` in backquotes; what the language would take for its own is escaped.
#pragma once
#include <string>

namespace cairn::docgen {

class mdoc_page {
 public:
  // `date`: as in "November 29, 2026".
  mdoc_page(const std::string& name, int section, const std::string& sentence,
            const std::string& date);

  // A line of the language itself, and one that begins with a macro and goes on as plain words.
  void macro(const std::string& line) { text_ += line + "\n"; }
  void section(const std::string& title) { macro(".Sh " + title); }
  void subsection(const std::string& title) { macro(".Ss " + escaped(title)); }
  void paragraph(const std::string& plain);  // with a break before it
  void words(const std::string& plain);
  void literal(const std::string& lines);  // a block that is shown as it is

  const std::string& text() const { return text_; }

  // As an argument of a macro: escaped, and quoted where it has blanks.
  static std::string argument(const std::string& plain);
  static std::string escaped(const std::string& plain);

 private:
  std::string text_;
};

}  // namespace cairn::docgen

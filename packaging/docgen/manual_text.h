// What the manual says beyond names, types and sentences: paragraphs and examples of each page. The
// examples are run by tests/e2e/test-manual.py in a lab of two members, m1 and m2, of the group
// lab.
#pragma once
#include <string>
#include <vector>

namespace cairn::docgen {

struct example {
  std::string what;     // a sentence without its full stop
  std::string command;  // one line
};

struct page_text {
  std::vector<std::string> paragraphs;
  std::vector<example> examples;
};

// By a command's path, "cairn marker now", or a program's or configuration's name. Every page has a
// text: one that lacks it ends the program, with its name.
const page_text& text_of(const std::string& page);

// Exit codes of the command `cairn`, of cli/exit_code.h.
struct exit_meaning {
  int code;
  std::string means;
};
const std::vector<exit_meaning>& exit_meanings();

}  // namespace cairn::docgen

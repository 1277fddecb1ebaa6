// What the manual says beyond names, types and sentences: paragraphs and examples of each page. The
// examples are run by tests/e2e/test-manual.py in a lab of two members, m1 and m2, of the group
// lab.
#pragma once
#include <map>
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

// By a command's path, "cairn marker now", or a program's name. Every page has one.
const std::map<std::string, page_text>& manual_texts();

// Exit codes of the command `cairn`, of cli/exit_code.h.
struct exit_meaning {
  int code;
  std::string means;
};
const std::vector<exit_meaning>& exit_meanings();

}  // namespace cairn::docgen

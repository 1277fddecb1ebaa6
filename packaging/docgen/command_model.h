// A program's words as plain values, taken from its CLI11 description: what manual pages and
// completions are made of.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace cairn::docgen {

struct option_words {
  std::vector<std::string> names;  // "-h", "--help"; of a positional one word: "GROUP"
  std::string value;               // "N"; empty: a flag
  std::string sentence;
  std::string fallback;     // empty: none
  std::string environment;  // the variable that gives it; empty: none
  std::vector<std::string> choices;
  bool positional = false;
  bool required = false;
  bool many = false;
};

struct command_words {
  std::string path;  // "cairn marker now"
  std::string sentence;
  std::vector<option_words> options;  // positional ones first
  std::vector<command_words> commands;

  std::string word() const { return path.substr(path.rfind(' ') + 1); }
  std::string page() const;  // "cairn-marker-now"
};

command_words words_of(const CLI::App& app, const std::string& before = "");
// `all` and everything below it, in the order of --help.
std::vector<const command_words*> flattened(const command_words& all);

}  // namespace cairn::docgen

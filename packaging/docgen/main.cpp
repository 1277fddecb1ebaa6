// cairn-docgen: writes the manual pages, the completions and the reference of configuration keys
// from the tables by which the programs parse. Run at build time.
//
//   cairn-docgen DIRECTORY    DIRECTORY/man/*.{1,5,8}, DIRECTORY/completions/*
//   cairn-docgen --keys       docs/configuration-keys.md, to standard output
//   cairn-docgen --commands   the paths of all commands, a line each
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/command_line.h"
#include "config/program_options.h"
#include "packaging/docgen/completions.h"
#include "packaging/docgen/pages.h"

namespace cairn::docgen {
namespace {

namespace fs = std::filesystem;

const std::string date = CAIRN_MANUAL_DATE;

bool write(const fs::path& path, const std::string& text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) fmt::print(stderr, "{}: it can't be written\n", path.string());
  return bool(out);
}

command_words program_words(const program_facts& facts) {
  CLI::App app(facts.sentence, facts.name);
  program_options options;
  add_program_options(app, "", options);
  return words_of(app);
}

std::vector<manual_page> all_pages(const command_words& cairn) {
  std::vector<manual_page> pages;
  for (const auto* words : flattened(cairn)) pages.push_back(command_page(*words, cairn, 1, date));
  for (const auto* facts : {&gateway_program(), &coordinator_program()}) {
    const auto words = program_words(*facts);
    pages.push_back(command_page(words, words, 8, date));
  }
  pages.push_back(configuration_page(gateway_program().name, gateway_keys(), date));
  pages.push_back(configuration_page(coordinator_program().name, coordinator_keys(), date));
  return pages;
}

int write_all(const fs::path& directory, const command_words& cairn) {
  bool good = true;
  for (const auto& page : all_pages(cairn)) good &= write(directory / "man" / page.file, page.text);
  const auto completions = directory / "completions";
  good &= write(completions / "cairn.bash", bash_completion(cairn));
  good &= write(completions / "_cairn", zsh_completion(cairn));
  good &= write(completions / "cairn.fish", fish_completion(cairn));
  return good ? 0 : 1;
}

int run(const std::string& word) {
  const command_line line;
  const auto cairn = words_of(line.app());
  if (word == "--keys") return std::fputs(key_reference().c_str(), stdout) < 0;
  if (word != "--commands") return write_all(word, cairn);
  for (const auto* words : flattened(cairn)) fmt::print("{}\n", words->path);
  return 0;
}

}  // namespace
}  // namespace cairn::docgen

int main(int count, char** words) {
  if (count == 2) return cairn::docgen::run(words[1]);
  fmt::print(stderr, "usage: cairn-docgen DIRECTORY | --keys | --commands\n");
  return 2;
}

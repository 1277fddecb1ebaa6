// How a program that reads one configuration is called: cairn-gateway and cairn-coordinator. Their
// manual pages are made from it, too.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace cairn {

struct program_facts {
  std::string name;
  std::string sentence;
};

inline const program_facts& gateway_program() {
  static const program_facts it{
      "cairn-gateway",
      "Serves block volumes over NBD and iSCSI, journals every write and copies the journal to "
      "a gateway at another site."};
  return it;
}

inline const program_facts& coordinator_program() {
  static const program_facts it{
      "cairn-coordinator",
      "Makes consistent markers for a group of volumes, or selects and applies them at the "
      "other site."};
  return it;
}

// What a program was called with.
struct program_options {
  std::string file;
  bool check_only = false;
};

// `version`: what --version prints.
inline void add_program_options(CLI::App& app, const std::string& version,
                                program_options& options) {
  app.set_help_flag("-h,--help", "show this help and end");
  app.add_option("--config", options.file, "the configuration to read")
      ->required()
      ->type_name("FILE");
  app.add_flag("--check-config", options.check_only, "check the configuration and end");
  app.set_version_flag("--version", version, "show the version and end");
}

}  // namespace cairn

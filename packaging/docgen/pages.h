// The manual: one page for each command, program and configuration.
#pragma once
#include <string>
#include <vector>

#include "config/key_table.h"
#include "packaging/docgen/command_model.h"
#include "packaging/docgen/mdoc.h"

namespace cairn::docgen {

struct manual_page {
  std::string file;  // "cairn-status.1"
  std::string text;
};

// Section 1 for `cairn` and its commands, 8 for programs. `top` is what `words` is a part of.
manual_page command_page(const command_words& words, const command_words& top, int section,
                         const std::string& date);
// Section 5.
manual_page configuration_page(const std::string& program, const table_keys& keys,
                               const std::string& date);
// docs/configuration-keys.md: the keys of both programs.
std::string key_reference();
// The shortest good configuration, made of the examples of what is needed.
std::string shortest_configuration(const table_keys& keys);

}  // namespace cairn::docgen

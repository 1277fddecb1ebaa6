// Completions of a command's words for three shells.
#pragma once
#include <string>

#include "packaging/docgen/command_model.h"

namespace cairn::docgen {

std::string bash_completion(const command_words& all);
std::string zsh_completion(const command_words& all);
std::string fish_completion(const command_words& all);

}  // namespace cairn::docgen

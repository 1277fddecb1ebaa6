// A configuration file made of the list of its keys (key_table.h): chosen values as they are, all
// else as comments with the default or an example, and a sentence for each table and key.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/key_table.h"

namespace cairn {

// What was chosen for one table: plain texts, as fallbacks are, and the tables in it.
struct chosen_table {
  std::map<std::string, std::string> plain;
  std::map<std::string, std::string> remarks;  // more than the key's sentence, above its line
  std::map<std::string, std::vector<chosen_table>> inner;
};

std::string commented_file(const table_keys& keys, const chosen_table& chosen);

}  // namespace cairn

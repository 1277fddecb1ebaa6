// What holds for every address of a configuration: nothing leaves the machine in the clear unless
// `insecure = true` says so, and no address is listened on twice.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/table_reader.h"

namespace cairn {

class listener_rules {
 public:
  bool insecure = false;  // set it before the first address is read

  std::optional<endpoint> listener(table_reader& table, const std::string& key);
  // One address, or an array of them that is not empty.
  std::vector<endpoint> listeners(table_reader& table, const std::string& key);
  std::optional<endpoint> peer(table_reader& table, const std::string& key);

 private:
  void check_listener(table_reader& table, const endpoint& where, const text_position& at);

  std::map<std::string, text_position> listening_;
};

}  // namespace cairn

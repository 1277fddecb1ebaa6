// Names or paths that may be used once in a configuration, and where each was used first.
#pragma once
#include <map>
#include <string>
#include <utility>

#include "config/table_reader.h"

namespace cairn {

class used_once {
 public:
  explicit used_once(std::string what) : what_(std::move(what)) {}

  // `called`: how the message calls it; `text`: what has to differ.
  void add(const std::string& key, const std::string& called, table_reader& table,
           const std::string& text) {
    const auto [first, is_new] = first_.try_emplace(text, table.at(key));
    if (!is_new) {
      table.wrong(key, what_ + " `" + called + "` is already used at " + first->second.text());
    }
  }

 private:
  std::string what_;
  std::map<std::string, text_position> first_;
};

}  // namespace cairn

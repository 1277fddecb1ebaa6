// Takes the known keys out of one table of the configuration, each with its type checked, and says
// which ones are left over. Used on the stack while one file is read.
//
//   table_reader nbd(root, "nbd", problems);
//   config.nbd_socket = nbd.socket_path("socket");
//   nbd.finish();
//
// Each function returns nothing when the key is missing or wrong; wrong is a problem of its own.
// `require` makes missing a problem as well.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/toml_tree.h"

namespace cairn {

class table_reader {
 public:
  // `name`: how messages call the table, "[nbd]" or "[[member]]".
  table_reader(const toml_value& table, std::string name, problem_list& problems)
      : table_(table), at_(table.at), name_(std::move(name)), problems_(problems) {}

  // Whether the key is there, right or wrong.
  bool has(const std::string& key);
  void require(const std::string& key);

  std::optional<std::string> string(const std::string& key);
  std::optional<bool> boolean(const std::string& key);
  std::optional<std::int64_t> integer(const std::string& key);
  std::optional<std::uint64_t> size(const std::string& key);
  std::optional<std::chrono::milliseconds> duration(const std::string& key);
  std::optional<endpoint> address(const std::string& key);

  struct placed_text {
    std::string text;
    text_position at;
  };
  // A string, or an array of strings.
  std::vector<placed_text> strings(const std::string& key);

  // A string that is one of `choices`.
  std::optional<std::string> choice(const std::string& key,
                                    const std::vector<std::string>& choices);
  // Letters, digits, '.', '_', '-', at most 64: it goes into paths, export names and messages.
  std::optional<std::string> name(const std::string& key);
  std::optional<std::string> absolute_path(const std::string& key);
  std::optional<std::string> socket_path(const std::string& key);  // absolute, at most 107 bytes

  // A table of its own under `key`: [key], or key = { … }; empty when it is missing.
  table_reader table(const std::string& key);
  // The tables of [[key]].
  std::vector<table_reader> tables(const std::string& key);

  // A problem at the key's value, or at the table when the key is missing.
  void wrong(const std::string& key, const std::string& sentence);
  void wrong_at(const text_position& at, const std::string& sentence);
  text_position at(const std::string& key) const;

  // Reports every key that nobody asked for. Call it last.
  void finish();

 private:
  table_reader(text_position at, std::string name, problem_list& problems);
  const toml_value* value(const std::string& key, toml_kind kind);

  const toml_value& table_;
  text_position at_;  // of a missing table: where its parent stands
  std::string name_;
  problem_list& problems_;
  std::vector<std::string> known_;
};

}  // namespace cairn

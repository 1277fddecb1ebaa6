// Takes the keys of one table of the configuration out of it, each with its type checked, as its
// list says (config/key_table.h); what the list requires and the file lacks is a problem, and so is
// what the file has and the list does not. Used on the stack while one file is read.
//
//   auto nbd = root.table("nbd");
//   config.nbd_socket = nbd.socket_path("socket");
//
// Each function returns the key's default when the key is missing; nothing when it has none, or
// when what is there is wrong, which is a problem of its own. A key that is not in the list, or is
// in it with another type, is a bug of ours.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/key_table.h"
#include "config/toml_tree.h"

namespace cairn {

class table_reader {
 public:
  table_reader(const toml_value& table, const table_keys& keys, problem_list& problems);

  // Whether the key is there, right or wrong.
  bool has(const std::string& key) const;
  // Of a key whose need depends on others.
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
  // Of one string, or of an array of strings.
  std::vector<placed_text> strings(const std::string& key);

  std::optional<std::string> choice(const std::string& key);
  std::vector<std::string> choices(const std::string& key);  // an empty list is a problem
  std::optional<std::string> name(const std::string& key);
  std::optional<std::string> absolute_path(const std::string& key);
  std::optional<std::string> socket_path(const std::string& key);

  // A table of its own under `key`: [key], or key = { … }; empty when it is missing.
  table_reader table(const std::string& key);
  // The tables of [[key]].
  std::vector<table_reader> tables(const std::string& key);

  // A problem at the key's value, or at the table when the key is missing.
  void wrong(const std::string& key, const std::string& sentence);
  void wrong_at(const text_position& at, const std::string& sentence);
  text_position at(const std::string& key) const;

 private:
  table_reader(text_position at, const table_keys& keys, problem_list& problems);
  const key_facts& facts(const std::string& key, std::initializer_list<key_type> types) const;
  const toml_value* value(const std::string& key, toml_kind kind);
  std::optional<std::string> text(const key_facts& key);
  bool is_choice(const key_facts& of, const placed_text& chosen);
  void check_names();

  const toml_value& table_;
  text_position at_;  // of a missing table: where its parent stands
  const table_keys& keys_;
  problem_list& problems_;
};

}  // namespace cairn

// What a configuration may say: each table with its keys, as one list that serves everybody. The
// reader takes names, types, defaults and what is required from here (config/table_reader.h), and
// so do the manual pages, the reference in docs/, `cairn config init` and `cairn config show`. A
// key that is not in the list can't be read, one that is can't be forgotten in the manual.
//
// The lists are gateway_keys() and coordinator_keys(); they live as long as the program.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

enum class key_type {
  name,  // 1 to 64 of a-z A-Z 0-9 . _ -
  text,
  path,         // absolute
  socket_path,  // absolute, at most 107 bytes
  size,         // "64MiB"
  duration,     // "200ms"
  address,      // "127.0.0.1:7330"
  addresses,    // one, or an array
  texts,        // one string, or an array
  choice,
  choices,  // an array
  boolean,
  integer,
  table,   // [key], or key = { … }
  tables,  // [[key]]
};

enum class presence {
  optional,
  required,
  depends,  // the reader requires it where another key says so
};

struct table_keys;

struct key_facts {
  std::string name = {};
  key_type type = key_type::text;
  presence need = presence::optional;
  // The default, as its plain text: 16GiB, notice, false; of a list with ", " between. Empty: none.
  std::string fallback = {};
  // What holds without the key where no plain text can say it; half a sentence. Empty: see above.
  std::string otherwise = {};
  std::string sentence = {};              // what it is, for people
  std::string example = {};               // plain text, of keys without a fallback
  std::vector<std::string> choices = {};  // of choice and choices
  const table_keys* inner = nullptr;      // of table and tables
  bool as_in_iscsi = false;               // without it the key of this name in [iscsi] counts
};

struct table_keys {
  std::string heading = {};   // as messages call it: "[nbd]", "[[member]]", "the file"
  std::string path = {};      // as a file writes it: "nbd", "member.volume"; empty: the file
  std::string sentence = {};  // what it is, for people
  std::vector<key_facts> keys = {};
  bool only_tests = false;  // `config init` leaves it out

  const key_facts* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

const table_keys& gateway_keys();
const table_keys& coordinator_keys();

// How people are told the type: "a size", "an address, or a list of them".
std::string name_of(key_type type, const std::vector<std::string>& choices);
// `text`, a fallback or an example, as a file writes it: quoted, in brackets, or as it is.
std::string as_toml(key_type type, const std::string& text);
// A list's plain text in its parts.
std::vector<std::string> listed(const std::string& text);

}  // namespace cairn

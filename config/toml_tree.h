// A TOML file as plain values that know where they stand, and several such files merged into one.
// Keeps toml++, which is slow to compile, in toml_tree.cpp.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace cairn {

// Lines and columns count from 1; 0: the file as a whole.
struct text_position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text() const;  // "FILE:LINE:COLUMN"
};

// Errors in the order in which they were found: a line each, "FILE:LINE:COLUMN: sentence".
class problem_list {
 public:
  void add(const text_position& at, const std::string& sentence) {
    lines_.push_back(at.text() + ": " + sentence);
  }
  bool empty() const { return lines_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> lines_;
};

enum class toml_kind { table, array, string, integer, boolean, other };
const char* name_of(toml_kind kind);

struct toml_entry;

// Which fields count is told by `kind`; a date or a floating-point number is `other`.
struct toml_value {
  text_position at;
  toml_kind kind = toml_kind::other;
  std::string string;
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<toml_value> items;    // array
  std::vector<toml_entry> entries;  // table, in the order of the file

  const toml_entry* find(const std::string& key) const;
  bool is_array_of_tables() const;
};

struct toml_entry {
  std::string key;
  text_position key_at;
  toml_value value;
};

// A file that cannot be read or is no TOML is a problem; what it returns then is an empty table.
toml_value read_toml(const std::string& file, problem_list& problems);

// FILE and, in the order of their names, the conf.d/*.toml beside it. Files in conf.d whose names
// begin with `not_for` are left out: they belong to another program that shares the directory.
toml_value read_merged_toml(const std::string& file, const std::string& not_for,
                            problem_list& problems);

// As a file writes them: a basic string in quotes; a value that is no table, in one line.
std::string quoted_toml(const std::string& text);
std::string as_toml(const toml_value& value);

// Adds the keys of `more` to `into`: tables are merged, arrays of tables appended, and any other
// key that is there already is a problem.
void merge_toml(toml_value& into, toml_value more, problem_list& problems);

}  // namespace cairn

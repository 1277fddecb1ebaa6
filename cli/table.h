// Columns of text, as wide as their widest cell.
#pragma once
#include <string>
#include <vector>

namespace cairn {

class text_table {
 public:
  using row = std::vector<std::string>;
  // Cells that start with a digit are aligned right. A row of one cell is a line of its own
  // and widens nothing.
  void add(row cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;  // a line each, no blanks at the ends

 private:
  std::vector<row> rows_;
};

}  // namespace cairn

#include "cli/table.h"

#include <algorithm>
#include <cctype>

namespace cairn {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_number(const std::string& cell) {
  return !cell.empty() && std::isdigit(static_cast<unsigned char>(cell[0]));
}

std::string padded(const std::string& cell, std::size_t width) {
  const std::string room(width - std::min(width, width_of(cell)), ' ');
  return is_number(cell) ? room + cell : cell + room;
}

}  // namespace

std::string text_table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& r : rows_) {
    if (r.size() < 2) continue;
    widths.resize(std::max(widths.size(), r.size()), 0);
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], width_of(r[i]));
  }
  std::string out;
  for (const auto& r : rows_) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      line += (i == 0 ? "" : "  ") + (r.size() == 1 ? r[i] : padded(r[i], widths[i]));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace cairn

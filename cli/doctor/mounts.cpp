#include "cli/doctor/mounts.h"

#include <sys/sysmacros.h>

#include <cstdio>
#include <filesystem>
#include <sstream>

#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// Spaces and the like are written as \040.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                        is_octal(text[i + 2]) && is_octal(text[i + 3]);
    out += escape ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    if (escape) i += 3;
  }
  return out;
}

// ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [TAGS…] - TYPE SOURCE …
bool parse_line(const std::string& line, mount_point& out) {
  std::istringstream words(line);
  std::string id, parent, device, root, word;
  if (!(words >> id >> parent >> device >> root >> out.path)) return false;
  while (words >> word && word != "-") {
  }
  unsigned major = 0, minor = 0;
  if (!(words >> out.type >> out.source)) return false;
  if (std::sscanf(device.c_str(), "%u:%u", &major, &minor) != 2) return false;
  out.device = makedev(major, minor);
  out.path = unescaped(out.path);
  out.source = unescaped(out.source);
  return true;
}

}  // namespace

bool is_below(const std::string& path, const std::string& top) {
  return top == "/" || path == top || path.starts_with(top + "/");
}

std::vector<mount_point> parse_mounts(const std::string& mountinfo) {
  std::vector<mount_point> all;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    mount_point one;
    if (parse_line(line, one)) all.push_back(std::move(one));
  }
  return all;
}

std::vector<mount_point> see_mounts() {
  return parse_mounts(read_small("/proc/self/mountinfo").value_or(""));
}

// Of two on one path the later hides the earlier.
mount_point mount_named(const std::vector<mount_point>& all, const std::string& path) {
  const mount_point* best = nullptr;
  for (const auto& each : all) {
    if (!is_below(path, each.path)) continue;
    if (best == nullptr || each.path.size() >= best->path.size()) best = &each;
  }
  return best == nullptr ? mount_point{} : *best;
}

mount_point mount_of(const std::vector<mount_point>& all, const std::string& path) {
  return mount_named(all, resolved(path));
}

std::string resolved(const std::string& path) {
  std::error_code failed;
  const auto whole = std::filesystem::weakly_canonical(path, failed);
  return failed ? std::filesystem::path(path).lexically_normal().string() : whole.string();
}

std::string existing_part(const std::string& path) {
  std::error_code failed;
  std::filesystem::path at = resolved(path);
  while (!std::filesystem::exists(at, failed) && at.has_relative_path()) at = at.parent_path();
  return at.string();
}

}  // namespace cairn::doctor

// The page's files, embedded into the binary at build time (webui/embed.py).
#pragma once
#include <string_view>
#include <vector>

namespace cairn {

struct asset {
  std::string_view path;  // "/main.js"
  std::string_view type;  // Content-Type
  std::string_view etag;  // with its quotes; changes with the content
  std::string_view plain;
  std::string_view gzip;
};

// nullptr: there is no such file.
const asset* find_asset(std::string_view path);
// All of them; made by embed.py.
extern const std::vector<asset> embedded_assets;

}  // namespace cairn

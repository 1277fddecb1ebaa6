#include "webui/assets.h"

#include <algorithm>

namespace cairn {

const asset* find_asset(std::string_view path) {
  const auto at = std::find_if(embedded_assets.begin(), embedded_assets.end(),
                               [&](const asset& a) { return a.path == path; });
  return at == embedded_assets.end() ? nullptr : &*at;
}

}  // namespace cairn

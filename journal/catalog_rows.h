// How the catalog reads whole tables. Internal to journal/catalog*.cpp.
#pragma once
#include <string_view>
#include <vector>

#include "storage/database.h"

namespace cairn {

// Runs `select` and makes one T of each row.
template <class T, class F>
result<std::vector<T>> load_all(database& db, std::string_view select, F&& make) {
  auto query = db.prepare(select);
  if (!query) return fail(query.error());
  std::vector<T> out;
  for (;;) {
    const auto more = query->step();
    if (!more) return fail(more.error());
    if (!*more) return out;
    out.push_back(make(*query));
  }
}

}  // namespace cairn

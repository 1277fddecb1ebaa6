#include "storage/format_steps.h"

#include "base/format_version.h"
#include "base/log.h"

namespace cairn {

result<void> check_format(const std::string& what, std::uint64_t found, format_steps steps) {
  if (found >= 1 && found <= newest_format(steps)) return {};
  return fail_format(what, found, found == 0 ? 1 : newest_format(steps));
}

result<void> bring_up_to_date(database& db, std::uint64_t found, format_steps steps) {
  if (found == newest_format(steps)) return {};
  CAIRN_TRY(db.transaction(database::durability::full, [&]() -> result<void> {
    for (const char* step : steps.subspan(found - 1)) CAIRN_TRY(db.execute(step));
    return {};
  }));
  log_notice(db.path() + ": its format was version " + std::to_string(found) + " and is " +
             std::to_string(newest_format(steps)) + " now");
  return {};
}

}  // namespace cairn

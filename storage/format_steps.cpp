#include "storage/format_steps.h"

#include "base/format_version.h"
#include "base/log.h"

namespace cairn {

result<void> check_format(const std::string& what, std::uint64_t found, const format_steps& known) {
  const auto newest = newest_format(known);
  if (found >= known.oldest && found <= newest) return {};
  return fail_format(what, found, found < known.oldest ? known.oldest : newest);
}

result<void> bring_up_to_date(database& db, std::uint64_t found, const format_steps& known) {
  if (found == newest_format(known)) return {};
  CAIRN_TRY(db.transaction(database::durability::full, [&]() -> result<void> {
    for (const char* step : known.steps.subspan(found - known.oldest)) CAIRN_TRY(db.execute(step));
    return {};
  }));
  log_notice(db.path() + ": its format was version " + std::to_string(found) + " and is " +
             std::to_string(newest_format(known)) + " now");
  return {};
}

}  // namespace cairn

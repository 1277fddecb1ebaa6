#include "replication/persist_step.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace cairn {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

}  // namespace

bool is_final(const error& why) {
  return why.is == error_class::final || why.is == error_class::damage;
}

void persist_step::on_kept() {
  if (stopped()) return;
  asked_ = false;
  pause_us_ = until_us_ = 0;
  trouble_.reset();
}

void persist_step::on_failed(const error& why, std::uint64_t now_us) {
  if (stopped()) return;
  asked_ = false;
  pause_us_ = std::clamp(2 * pause_us_, first_pause_us_, pauses_max * first_pause_us_);
  until_us_ = now_us + pause_us_;
  const std::string what = "the coordinator's state can't be written";
  if (is_final(why))
    trouble_ = {what + ": " + why.text + "; start the coordinator again when that is mended", true};
  else
    trouble_ = {what + " and is tried again: " + why.text, false};
}

std::uint64_t persist_step::next_us() const { return asked_ || stopped() ? never : until_us_; }

}  // namespace cairn

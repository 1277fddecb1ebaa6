#include "gateway/room_patience.h"

namespace cairn {
namespace {

constexpr std::chrono::seconds without_progress_max{5};  // a segment is trimmed as a whole
constexpr std::chrono::seconds wait_max{20};

}  // namespace

room_patience::room_patience(member& of)
    : of_(of), began_(clock::now()), progress_at_(began_), trimmed_(of.log().trimmed()) {}

bool room_patience::worth_waiting() {
  const auto now = clock::now();
  if (const auto trimmed = of_.log().trimmed(); trimmed > trimmed_ || of_.making_room()) {
    trimmed_ = trimmed;
    progress_at_ = now;
  }
  return now - progress_at_ <= without_progress_max && now - began_ <= wait_max;
}

}  // namespace cairn

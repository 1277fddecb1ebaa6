#include "gateway/volume/room_patience.h"

namespace cairn {
namespace {

constexpr std::chrono::seconds without_progress_max{5};  // a segment is trimmed as a whole
constexpr std::chrono::seconds wait_max{20};

}  // namespace

room_patience::room_patience(std::function<journal_room()> look)
    : look_(std::move(look)),
      began_(clock::now()),
      progress_at_(began_),
      trimmed_(look_().trimmed) {}

bool room_patience::worth_waiting() {
  const auto now = clock::now();
  if (const auto room = look_(); room.trimmed > trimmed_ || room.being_made) {
    trimmed_ = room.trimmed;
    progress_at_ = now;
  }
  return now - progress_at_ <= without_progress_max && now - began_ <= wait_max;
}

}  // namespace cairn

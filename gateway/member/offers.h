// The volumes of a journal as a HELLO offers them, and as the one that takes it compares them.
#pragma once
#include <vector>

#include "journal/journal.h"
#include "replication/link_messages.h"

namespace cairn {

inline std::vector<volume_offer> offers_of(const std::vector<volume_identity>& all) {
  std::vector<volume_offer> out;
  for (const volume_identity& v : all)
    out.push_back({v.index, v.id, v.name, v.size_bytes, v.naa, v.serial, v.born_empty});
  return out;
}

}  // namespace cairn

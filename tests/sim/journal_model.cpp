#include "tests/sim/journal_model.h"

namespace cairn::sim {

std::optional<sequence> journal_model::find(record_kind kind, marker_id marker) const {
  for (std::size_t i = entries_.size(); i-- > 0;)
    if (entries_[i].kind == kind && entries_[i].marker == marker) return sequence(i + 1);
  return std::nullopt;
}

void image::enter(const operation& op, sequence seq) {
  for (auto at = op.range.offset / sector_bytes; at < op.range.end() / sector_bytes; ++at)
    if (sectors[at].seq < seq) sectors[at] = {seq, op.id};
}

}  // namespace cairn::sim

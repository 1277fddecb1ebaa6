// Reads a stretch of the journal for the link: rows from the catalog or its tail, bytes from the
// segments, each record checked on the way.
#pragma once
#include <optional>

#include "journal/journal.h"
#include "replication/sender.h"

namespace cairn {

struct packed_stretch {
  stretch message;
  // The record behind message.last does not match its checksum; what was packed before it is good
  // (message.last < message.first: nothing was).
  std::optional<error> damage;
};

// At least one record of `order`, up to its bounds. Errors: those of journal::rows and read_record,
// damage excepted. Nothing of the order is trimmed while it is not stored at the peer.
result<packed_stretch> pack_stretch(journal& from, const stretch_order& order, incarnation sender);

}  // namespace cairn

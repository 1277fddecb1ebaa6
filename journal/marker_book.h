// The markers of a journal with their seals, in memory; the catalog's `markers` table holds the
// same. Thread-safe. A row changes when a marker, seal or void record finished; a seal or void is
// appended only after its marker finished, so one without a marker is of a marker long trimmed.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "journal/journal.h"

namespace cairn {

struct marker_entry {
  marker_row shown;
  sequence void_at;  // 0: not voided
};

class marker_book {
 public:
  // `what` is a finished marker, seal or void record with this body.
  void enter(const record& what, const marker_body& body);
  void load(const std::vector<marker_entry>& entries);

  std::vector<marker_row> from(sequence at_least) const;
  std::optional<marker_row> find(marker_id id) const;
  std::optional<marker_row> newest() const;
  std::vector<marker_body> unsealed() const;  // and not voided
  // Entries that changed since the last call, for the catalog; give_back() when saving failed.
  std::vector<marker_entry> take_changed();
  void give_back(const std::vector<marker_entry>& entries);

  // Forgets markers above `last`, and seals and voids above it.
  void cut_behind(sequence last);
  // The markers to forget when everything up to `trimmed` goes: all but the newest of them, which
  // tells a start what was obeyed, and those from `target` on. They are forgotten.
  std::vector<sequence> trim(sequence trimmed, sequence target);

 private:
  mutable std::mutex mutex_;                  // guards the rest
  std::map<sequence, marker_entry> entries_;  // by the marker record's sequence
  std::map<marker_id, sequence> by_id_;
  std::set<sequence> changed_;
};

}  // namespace cairn

#include "tests/sim/ordeal.h"

namespace cairn::sim {
namespace {

constexpr const char* names[] = {
    "none",
    // Of the seeds:
    "full-journals", "failed-sync", "io-errors", "disk-full", "partial-loss", "new-lineage",
    "rogue-messages", "primary-put-back", "secondary-put-back", "stopped-processes", "hung-disks",
    "odd-clocks", "primary-rots", "no-descriptors",
    // Known failing:
    "both-journals-full", "marker-after-restart", "rogue-numbers", "primary-back-in-silence",
    "secondary-back-in-silence", "secondary-rots"};
static_assert(std::size(names) == static_cast<std::size_t>(ordeal::count_));

constexpr std::uint64_t one_in = 4;  // seeds that have one

// Run by hand only. full_journals: since format 2 the catalog alone may fill so small a journal
// (seed 392). primary_put_back: where both histories have the same marker at the same record, the
// judge takes what the secondary shows for the wrong one (seed 2716).
bool only_by_name(ordeal o) { return o == ordeal::full_journals || o == ordeal::primary_put_back; }

}  // namespace

const char* name_of(ordeal o) { return names[static_cast<std::size_t>(o)]; }

std::optional<ordeal> ordeal_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (name == names[i]) return static_cast<ordeal>(i);
  return std::nullopt;
}

ordeal ordeal_of(std::uint64_t seed) {
  constexpr auto kinds = static_cast<std::uint64_t>(ordeal::first_known_failing) - 1;
  if (seed % one_in != 0) return ordeal::none;
  const auto chosen = static_cast<ordeal>(1 + seed / one_in % kinds);
  return only_by_name(chosen) ? ordeal::none : chosen;
}

}  // namespace cairn::sim
